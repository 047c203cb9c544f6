import type { Transaction } from 'kysely'
import type { Database } from '../../db/tables.ts'
import type { Trace } from '../../http/trace.ts'
import type { StripeEvent } from '../stripe-event.ts'
import type { LedgerServices } from './ledger-services.ts'

/** What an event comes to, as far as it was found out outside a transaction. */
export type Prepared =
  /** To be done in one transaction, in this order; void when a row has changed meanwhile. */
  | { kind: 'writes'; writes: Write[] }
  /** Stripe cannot be asked now. */
  | { kind: 'away'; reason: string }

export type Write = (trx: Transaction<Database>) => Promise<unknown>

export interface Preparation {
  services: LedgerServices
  event: StripeEvent
  now: number
  trace: Trace
}

export function writes(...list: (Write | undefined)[]): Prepared {
  return { kind: 'writes', writes: list.filter((write) => write !== undefined) }
}
