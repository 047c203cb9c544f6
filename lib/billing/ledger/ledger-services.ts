import type { Env } from '../../env.ts'
import type { StripeServices } from '../stripe-client.ts'

export type LedgerServices = Pick<Env, 'config' | 'db' | 'log' | 'metrics' | 'clock'> &
  Pick<StripeServices, 'reach'>

/** Another change came between reading a row and writing it: what was computed from it is void. */
export class LedgerConflictError extends Error {
  override readonly name = 'LedgerConflictError'
  constructor() {
    super('the row was changed meanwhile')
  }
}

/** How new a state is that Stripe told. */
export interface StateTime {
  /** Milliseconds since the epoch, a whole second: the event's, or that of Stripe's answer. */
  asOf: number
  /** The event that told it. */
  eventId?: string
  /** An event shows the state of some moment of its second, an answer that of its end. */
  source: 'event' | 'fetched'
}

/** What is to be done with a state, given the time of what is known. */
export type Standing =
  /** It is newer. */
  | 'newer'
  /** Of the same second: only Stripe can tell which came last. */
  | 'unclear'
  | 'older'

export function standing(knownAsOf: number | undefined, { asOf, source }: StateTime): Standing {
  if (knownAsOf === undefined || asOf > knownAsOf) return 'newer'
  if (asOf < knownAsOf) return 'older'
  return source === 'fetched' ? 'newer' : 'unclear'
}
