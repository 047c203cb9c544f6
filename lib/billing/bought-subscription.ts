import type { SubscriptionRow } from '../db/tables.ts'
import type { Trace } from '../http/trace.ts'
import { completeCheckout } from './checkout/complete-checkout.ts'
import type { CheckoutServices } from './checkout/completed-checkout.ts'
import { findReservation, findReservationBySession } from './checkout/reservations.ts'
import { applySubscriptionState } from './ledger/apply-subscription.ts'
import { findSubscription } from './ledger/rows.ts'
import { askStripe, requireAnswer, stripeClient } from './stripe-client.ts'
import { normaliseSubscription } from './stripe-shapes.ts'

/**
 * The Stripe subscription of an id with its group, taken from Stripe when the ledger does not know it so far: a buyer's browser may be
 * back before the webhook was. An id of a checkout session is that of a price that is paid once.
 * @returns undefined when there is none, or when no group has it
 * @throws {ApiError} `payments_unavailable`
 */
export async function boughtSubscription(
  services: CheckoutServices,
  id: string,
  now: number,
  trace: Trace,
): Promise<SubscriptionRow | undefined> {
  const known = await findSubscription(services.db, id)
  if (known && known.group_id !== null) return known
  if (!stripeClient(services.config)) return undefined

  if (/^cs_\w+$/.test(id)) await completeCheckout(services, id, now, trace)
  else if (/^sub_\w+$/.test(id)) await takeIn(services, id, now, trace)
  const row = await findSubscription(services.db, id)
  return row && row.group_id !== null ? row : undefined
}

/** Who bought this by a checkout of ours. */
export async function buyerOf(
  { db }: Pick<CheckoutServices, 'db'>,
  { provider_subscription_id: id, reservation_id: reservationId }: SubscriptionRow,
): Promise<string | undefined> {
  const reservation = reservationId
    ? await findReservation(db, reservationId)
    : await findReservationBySession(db, id)
  return reservation?.provider_subscription_id === id ? reservation.identity : undefined
}

async function takeIn(services: CheckoutServices, id: string, now: number, trace: Trace): Promise<void> {
  const answer = await askStripe(services, 'subscriptions.retrieve', (stripe) =>
    stripe.subscriptions.retrieve(id),
  )
  if (answer.kind === 'missing') return
  const subscription = requireAnswer(answer)

  const { reservation: reservationId } = subscription.metadata
  const reservation = reservationId ? await findReservation(services.db, reservationId) : undefined
  if (reservation?.session_id) {
    await completeCheckout(services, reservation.session_id, now, trace)
    return
  }
  const asOf = 'asOf' in answer ? answer.asOf : now
  await applySubscriptionState(
    services,
    normaliseSubscription(subscription),
    { asOf, source: 'fetched' },
    now,
    trace,
  )
}
