import type { FieldDifference } from '../ledger/write-subscription.ts'

/** A subscription that the ledger does not show as Stripe does. */
export interface Drift {
  subscription: string
  customer: string | null
  /** `unknown` to the ledger; `missing` at Stripe, which is told and left as it is. */
  kind: 'changed' | 'unknown' | 'missing'
  changes: FieldDifference[]
  mended: boolean
}
