import type { Transaction } from 'kysely'
import type Stripe from 'stripe'
import type { Database, SubscriptionRow } from '../../db/tables.ts'
import type { Trace } from '../../http/trace.ts'
import { askStripe, stripeClient } from '../stripe-client.ts'
import { normaliseSubscription, type SubscriptionState } from '../stripe-shapes.ts'
import { bindReservation } from './bind-reservation.ts'
import { LedgerConflictError, type LedgerServices } from './ledger-services.ts'
import { linkSubscription } from './link.ts'
import { findGroupById, groupOfSubscription, ownedOf } from './owner.ts'
import { prepareUnknownCustomer } from './prepare-customer.ts'
import { type Preparation, type Prepared, type Write, writes } from './prepared.ts'
import { findSubscription } from './rows.ts'
import { settleTie } from './settle-tie.ts'
import { tellTrialEnding } from './subscription-events.ts'
import { tierOf } from './tier-of.ts'
import { writeSubscription } from './write-subscription.ts'

/** `customer.subscription.*` */
export async function prepareSubscription(preparation: Preparation): Promise<Prepared> {
  const { services, event, now, trace } = preparation
  const state = normaliseSubscription(event.object)
  const bound = await bindUnclaimed(services, state.id, state.reservationId, now, trace)
  if (bound) return bound

  const known = await findSubscription(services.db, state.id)
  const trialEnding = event.type === 'customer.subscription.trial_will_end'
  const told = { state, time: { asOf: event.createdAt, eventId: event.id, source: 'event' as const } }
  const settled = await settleTie(services, known?.as_of, told, retrieval(state.id))
  if (settled.kind === 'away') return settled
  if (settled.kind === 'stale') {
    return writes(known && trialEnding ? announceTrial(services, known, state, now, trace) : undefined)
  }
  warnOfUnknownPrice(services, settled.state, event.id)
  const customer = await customerOf(preparation, known, settled.state)
  if (customer.kind === 'away') return customer
  const write = { known, state: settled.state, time: settled.time, trialEnding }
  return writes(...customer.writes, (trx) => writeSubscription(trx, services, write, now, trace))
}

/** The subscription that an invoice is about, when the ledger does not know it, or not its group. */
export async function prepareMissingSubscription(preparation: Preparation, id: string): Promise<Prepared> {
  const { services, now, trace } = preparation
  const known = await findSubscription(services.db, id)
  if (known) {
    if (known.group_id !== null) return writes()
    const bound = await bindReservation(services, known.reservation_id, now, trace)
    return bound ?? writes((trx) => linkWhenKnown(trx, services, known, now, trace))
  }
  if (!stripeClient(services.config)) return writes()

  const answer = await askStripe(services, 'subscriptions.retrieve', retrieval(id).call)
  if (answer.kind === 'away') return answer
  // One that Stripe does not know, or does not show us, must not keep a payment from being told.
  if (answer.kind !== 'answer') return writes()
  const state = normaliseSubscription(answer.value)
  const bound = await bindReservation(services, state.reservationId, now, trace)
  if (bound) return bound
  const present = await findSubscription(services.db, id)
  if (present) return writes()
  const customer = await customerOf(preparation, undefined, state)
  if (customer.kind === 'away') return customer
  const write = { known: undefined, state, time: { asOf: answer.asOf, source: 'fetched' as const } }
  return writes(...customer.writes, (trx) => writeSubscription(trx, services, write, now, trace))
}

/** What is to be found out about who pays; nothing for a subscription that has its group. */
async function customerOf(
  preparation: Preparation,
  known: SubscriptionRow | undefined,
  state: SubscriptionState,
): Promise<Prepared> {
  return known && known.group_id !== null ? writes() : prepareUnknownCustomer(preparation, state)
}

/** Completes the checkout of a subscription that has no group so far. @returns what keeps the event waiting, if anything does */
async function bindUnclaimed(
  services: LedgerServices,
  subscriptionId: string,
  reservationId: string | null,
  now: number,
  trace: Trace,
): Promise<Prepared | undefined> {
  if (reservationId === null) return undefined
  const known = await findSubscription(services.db, subscriptionId)
  return known && known.group_id !== null ? undefined : bindReservation(services, reservationId, now, trace)
}

/** Its group may have become known since it was told of. */
async function linkWhenKnown(
  trx: Transaction<Database>,
  services: LedgerServices,
  known: SubscriptionRow,
  now: number,
  trace: Trace,
): Promise<void> {
  const group = await groupOfSubscription(trx, ownedOf(known))
  if (group) await linkSubscription(trx, services, known.provider_subscription_id, group.id, now, trace)
}

/** The news that a trial ends comes late: it is told all the same while it is true. */
function announceTrial(
  { config }: LedgerServices,
  known: SubscriptionRow,
  { trialEndsAt }: SubscriptionState,
  now: number,
  trace: Trace,
): Write | undefined {
  if (known.status !== 'trialing' || trialEndsAt === null || known.trial_ends_at !== trialEndsAt)
    return undefined
  if (known.trial_announced === trialEndsAt) return undefined
  return async (trx: Transaction<Database>) => {
    const { numUpdatedRows } = await trx
      .updateTable('subscriptions')
      .set({ trial_announced: trialEndsAt, version: known.version + 1, updated_at: now })
      .where('id', '=', known.id)
      .where('version', '=', known.version)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw new LedgerConflictError()
    const group = known.group_id === null ? undefined : await findGroupById(trx, known.group_id)
    if (group) await tellTrialEnding(trx, known, group, { config, now, trace })
  }
}

function retrieval(id: string) {
  return {
    operation: 'subscriptions.retrieve',
    call: (stripe: Stripe) => stripe.subscriptions.retrieve(id),
    read: normaliseSubscription,
  }
}

function warnOfUnknownPrice(
  { config, log }: LedgerServices,
  { id, items }: SubscriptionState,
  eventId: string,
) {
  const { known, tierName } = tierOf(config.tiers, items)
  if (!known) log.warn({ subscription: id, price: tierName, event: eventId }, 'no tier has this price')
}
