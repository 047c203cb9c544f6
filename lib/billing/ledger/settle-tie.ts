import type Stripe from 'stripe'
import { askStripe, stripeClient } from '../stripe-client.ts'
import { type LedgerServices, type StateTime, standing } from './ledger-services.ts'

/** What is to be written of a state; nothing when the ledger knows a newer one. */
export type Settled<T> =
  | { kind: 'write'; state: T; time: StateTime }
  | { kind: 'stale' }
  | { kind: 'away'; reason: string }

/**
 * Decides between a state that an event tells and the one that the ledger has. Events of one second have no order, so Stripe is asked
 * for the object; it is called outside any transaction. Without a key, or when the object is gone, the event's own state is all
 * there is.
 * @param knownAsOf of the row; undefined without one
 */
export async function settleTie<T, O extends object>(
  services: LedgerServices,
  knownAsOf: number | undefined,
  { state, time }: { state: T; time: StateTime },
  ask: { operation: string; call(stripe: Stripe): Promise<Stripe.Response<O>>; read(object: O): T },
): Promise<Settled<T>> {
  const found = standing(knownAsOf, time)
  if (found === 'older') return { kind: 'stale' }
  if (found === 'newer' || !stripeClient(services.config)) return { kind: 'write', state, time }

  const answer = await askStripe(services, ask.operation, ask.call)
  switch (answer.kind) {
    case 'answer':
      return {
        kind: 'write',
        state: ask.read(answer.value),
        time: { ...time, asOf: Math.max(answer.asOf, time.asOf), source: 'fetched' },
      }
    case 'missing':
      return { kind: 'write', state, time }
    case 'away':
      return { kind: 'away', reason: answer.reason }
    case 'refused':
      throw answer.cause
  }
}
