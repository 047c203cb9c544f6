import type { CheckoutReservationRow } from '../../db/tables.ts'
import type { Env } from '../../env.ts'

export type CheckoutServices = Pick<Env, 'config' | 'db' | 'log' | 'metrics' | 'clock'>

/** A checkout that was paid, or that has nothing to pay yet, and what it led to. */
export interface CompletedCheckout {
  reservationId: string
  sessionId: string
  groupId: number
  /** Stripe's subscription; for a price that is paid once, the session's id. */
  subscriptionId: string
  /** Who bought. */
  identity: string
}

/** What a reservation led to; undefined before it is completed. */
export function completedOf(row: CheckoutReservationRow): CompletedCheckout | undefined {
  const { state, group_id: groupId, session_id: sessionId, provider_subscription_id: subscriptionId } = row
  if (state !== 'completed' || groupId === null || sessionId === null || subscriptionId === null)
    return undefined
  return { reservationId: row.id, sessionId, groupId, subscriptionId, identity: row.identity }
}
