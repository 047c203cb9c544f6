import type Stripe from 'stripe'
import type { SubscriptionRow } from '../../db/tables.ts'
import { ApiError } from '../../http/errors.ts'
import { newTrace } from '../../http/trace.ts'
import { completeCheckout } from '../checkout/complete-checkout.ts'
import { findReservation } from '../checkout/reservations.ts'
import { applySubscriptionState } from '../ledger/apply-subscription.ts'
import type { LedgerServices } from '../ledger/ledger-services.ts'
import { findSubscription, STRIPE } from '../ledger/rows.ts'
import { subscriptionDifferences } from '../ledger/write-subscription.ts'
import { answerOrThrow, StripeAwayError } from '../stripe-away.ts'
import { askStripe } from '../stripe-client.ts'
import { StripeShapeError } from '../stripe-fields.ts'
import { normaliseSubscription, type SubscriptionState } from '../stripe-shapes.ts'
import type { Drift } from './drift.ts'

const PAGE = 100

export interface Compared {
  subscriptions: number
  drift: Drift[]
}

/** Compares what Stripe has for a customer with the ledger, and mends the ledger unless it is a dry run. @throws {StripeAwayError} */
export async function compareCustomer(
  services: LedgerServices,
  customer: string,
  dryRun: boolean,
): Promise<Compared> {
  const unseen = await liveSubscriptions(services, customer)
  const compared: Compared = { subscriptions: 0, drift: [] }
  let after: string | undefined
  for (;;) {
    const page = { limit: PAGE, ...(after !== undefined && { starting_after: after }) }
    const answer = answerOrThrow(
      await askStripe(services, 'subscriptions.list', (stripe) =>
        stripe.subscriptions.list({ customer, status: 'all', ...page }),
      ),
    )
    for (const listed of answer?.value.data ?? []) {
      unseen.delete(listed.id)
      compared.subscriptions++
      const state = readSubscription(services, listed)
      const drift = state && (await compareOne(services, state, answer!.asOf, dryRun))
      if (drift) compared.drift.push(drift)
    }
    after = answer?.value.data.at(-1)?.id
    if (!answer?.value.has_more || after === undefined) break
  }
  compared.drift.push(...(await missingAtStripe(services, customer, unseen)))
  return compared
}

/** One that cannot be read is told of, and keeps no other from being compared. */
function readSubscription(
  { log }: LedgerServices,
  listed: Stripe.Subscription,
): SubscriptionState | undefined {
  try {
    return normaliseSubscription(listed)
  } catch (error) {
    if (!(error instanceof StripeShapeError)) throw error
    log.warn({ subscription: listed.id, err: error }, 'a subscription that Stripe lists cannot be read')
    return undefined
  }
}

async function compareOne(
  services: LedgerServices,
  state: SubscriptionState,
  asOf: number,
  dryRun: boolean,
): Promise<Drift | undefined> {
  const row = await findSubscription(services.db, state.id)
  // The ledger knows what came after Stripe's answer.
  if (row && row.as_of > asOf) return undefined
  const changes = row ? subscriptionDifferences(row, state, services.config) : []
  if (row && changes.length === 0) return undefined
  const mended = !dryRun && (await mend(services, row, state, asOf))
  const kind = row ? 'changed' : 'unknown'
  return { subscription: state.id, customer: state.customerId, kind, changes, mended }
}

async function mend(
  services: LedgerServices,
  row: SubscriptionRow | undefined,
  state: SubscriptionState,
  asOf: number,
): Promise<boolean> {
  const [now, trace] = [services.clock.now(), newTrace()]
  const outcome = await applySubscriptionState(services, state, { asOf, source: 'fetched' }, now, trace)
  if (row?.group_id == null && state.reservationId !== null) {
    // One that a checkout of ours made gets its group by that alone.
    const reservation = await findReservation(services.db, state.reservationId)
    if (reservation?.session_id) {
      await completeCheckout(services, reservation.session_id, now, trace).catch(nameStripe)
    }
  }
  return outcome === 'applied'
}

function nameStripe(error: unknown): never {
  if (error instanceof ApiError && error.code === 'payments_unavailable')
    throw new StripeAwayError('stripe: away: a checkout session could not be read', { cause: error })
  throw error
}

async function liveSubscriptions({ db }: LedgerServices, customer: string): Promise<Set<string>> {
  const rows = await db
    .selectFrom('subscriptions')
    .select('provider_subscription_id')
    .where('provider', '=', STRIPE)
    .where('provider_customer_id', '=', customer)
    .where('ended_at', 'is', null)
    .execute()
  // What was bought for ever goes by the id of its checkout session, and is no subscription at Stripe.
  const ids = rows.map((row) => row.provider_subscription_id)
  return new Set(ids.filter((id) => id.startsWith('sub_')))
}

/** Those that Stripe did not list: one that was made after the answer, or handed to another customer, is no drift. */
async function missingAtStripe(
  services: LedgerServices,
  customer: string,
  ids: Set<string>,
): Promise<Drift[]> {
  const drift: Drift[] = []
  for (const id of ids) {
    const answer = answerOrThrow(
      await askStripe(services, 'subscriptions.retrieve', (stripe) => stripe.subscriptions.retrieve(id)),
    )
    if (!answer) drift.push({ subscription: id, customer, kind: 'missing', changes: [], mended: false })
  }
  return drift
}
