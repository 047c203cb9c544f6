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
  /** Milliseconds since the epoch: an event's whole second, or the moment from which on an answer was read. */
  asOf: number
  /** The event that told it. */
  eventId?: string
  /** Who asks knows all that was told before. */
  source: 'event' | 'fetched'
}

/** What is to be done with a state, given the time of what is known. */
export type Standing =
  /** It is newer. */
  | 'newer'
  /** Too near to tell: only Stripe knows which came last. */
  | 'unclear'
  | 'older'

/** An event happened at some moment of its second, and an answer was read within about as long of its time. */
export function standing(knownAsOf: number | undefined, { asOf, source }: StateTime): Standing {
  if (knownAsOf === undefined) return 'newer'
  if (source === 'event' && Math.abs(asOf - knownAsOf) < 1000) return 'unclear'
  return asOf < knownAsOf ? 'older' : 'newer'
}
