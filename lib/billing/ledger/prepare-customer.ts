import type Stripe from 'stripe'
import { askStripe, stripeClient } from '../stripe-client.ts'
import { normaliseCustomer, type SubscriptionState } from '../stripe-shapes.ts'
import { type Preparation, type Prepared, writes } from './prepared.ts'
import { findBillingCustomer } from './rows.ts'
import { settleTie } from './settle-tie.ts'
import { writeCustomer } from './write-customer.ts'

/** `customer.*` */
export async function prepareCustomer({ services, event, now, trace }: Preparation): Promise<Prepared> {
  const object = event.type === 'customer.deleted' ? { ...event.object, deleted: true } : event.object
  const state = normaliseCustomer(object)
  const known = await findBillingCustomer(services.db, state.id)
  const told = { state, time: { asOf: event.createdAt, eventId: event.id, source: 'event' as const } }
  const settled = await settleTie(services, known?.as_of, told, retrieval(state.id))
  if (settled.kind === 'away') return settled
  if (settled.kind === 'stale') return writes()
  // Stripe says of one that was deleted only that it was: the rest stands in events alone.
  const isGone = settled.time.source === 'fetched' && settled.state.deleted
  const write = isGone
    ? { known, state: { ...state, deleted: true }, time: told.time }
    : { known, state: settled.state, time: settled.time }
  return writes((trx) => writeCustomer(trx, services, write, now, trace))
}

/**
 * The customer of a subscription that nobody claims so far: its metadata may name the group, and comes before what the subscription
 * names. No event need have told of it, since it may be older than our webhook, or made in the same second.
 */
export async function prepareUnknownCustomer(
  { services, now, trace }: Pick<Preparation, 'services' | 'now' | 'trace'>,
  { customerId, reservationId }: SubscriptionState,
): Promise<Prepared> {
  if (customerId === null || reservationId !== null || !stripeClient(services.config)) return writes()
  const known = await findBillingCustomer(services.db, customerId)
  if (known && (known.as_of > 0 || known.deleted === 1 || known.group_id !== null)) return writes()

  const { operation, call, read } = retrieval(customerId)
  const answer = await askStripe(services, operation, call)
  if (answer.kind === 'away') return answer
  if (answer.kind !== 'answer') return writes()
  const state = read(answer.value)
  // That it was deleted must not make the events look old that tell whose it was.
  const time = { asOf: state.deleted ? 0 : answer.asOf, source: 'fetched' as const }
  const write = { known, state, time }
  return writes((trx) => writeCustomer(trx, services, write, now, trace))
}

function retrieval(id: string) {
  return {
    operation: 'customers.retrieve',
    call: (stripe: Stripe) => stripe.customers.retrieve(id),
    read: normaliseCustomer,
  }
}
