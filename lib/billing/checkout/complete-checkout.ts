import type Stripe from 'stripe'
import { databaseFailure } from '../../db/errors.ts'
import type { CheckoutReservationRow } from '../../db/tables.ts'
import { ApiError } from '../../http/errors.ts'
import type { Trace } from '../../http/trace.ts'
import { applySubscriptionState } from '../ledger/apply-subscription.ts'
import { askStripe, requireAnswer } from '../stripe-client.ts'
import { normaliseSubscription } from '../stripe-shapes.ts'
import { bindCheckout } from './bind-checkout.ts'
import { type CheckoutServices, type CompletedCheckout, completedOf } from './completed-checkout.ts'
import { markProcessing, releaseReservationById } from './release-reservation.ts'
import { findLapsedReservations, findReservationBySession } from './reservations.ts'

/** How things stand with a session that we made. */
export type CheckoutOutcome =
  | { kind: 'completed'; checkout: CompletedCheckout }
  /** Nobody has paid yet. */
  | { kind: 'open' }
  /** It is complete, but the payment is on its way. */
  | { kind: 'processing' }
  /** It ended without a payment, and its name is free. */
  | { kind: 'freed' }

/**
 * Does what a paid checkout of ours leads to: the group, its buyer as `group-admin`, the customer, the subscription and their events;
 * the second call, or one beside it, finds it done. It asks Stripe how the session stands, before it opens a transaction. The caller
 * wakes the relay.
 * @returns undefined for a session that is not ours, or not paid
 * @throws {ApiError} `payments_unavailable`
 */
export async function completeCheckout(
  services: CheckoutServices,
  sessionId: string,
  now: number,
  trace: Trace,
): Promise<CompletedCheckout | undefined> {
  const reservation = await findReservationBySession(services.db, sessionId)
  if (!reservation) return undefined
  const outcome = await settleCheckout(services, reservation, now, trace)
  return outcome.kind === 'completed' ? outcome.checkout : undefined
}

/** Brings a reservation to where its session stands at Stripe. @throws {ApiError} `payments_unavailable` */
export async function settleCheckout(
  services: CheckoutServices,
  reservation: CheckoutReservationRow,
  now: number,
  trace: Trace,
): Promise<CheckoutOutcome> {
  const done = completedOf(reservation)
  if (done) return { kind: 'completed', checkout: done }
  const { id, session_id: sessionId } = reservation
  if (sessionId === null) return free(services, id, now)

  const answer = await askStripe(services, 'checkout.sessions.retrieve', (stripe) =>
    stripe.checkout.sessions.retrieve(sessionId, { expand: ['subscription', 'payment_intent'] }),
  )
  if (answer.kind === 'missing') return free(services, id, now)
  const session = requireAnswer(answer)

  if (session.status === 'expired') return free(services, id, now)
  if (session.status !== 'complete') return { kind: 'open' }
  if (session.payment_status === 'unpaid') {
    if (hasFailed(session)) return free(services, id, now)
    await markProcessing(services.db, id, now)
    return { kind: 'processing' }
  }
  await storeSubscription(services, session, 'asOf' in answer ? answer.asOf : now, now, trace)
  return { kind: 'completed', checkout: await bindCheckout(services, id, session, now, trace) }
}

/**
 * Settles reservations whose end nobody told us of, so that a lost webhook keeps no name and no payment. One that fails by itself stays
 * for the next time, and keeps no other from being settled.
 * @returns how many were settled
 * @throws {ApiError} `payments_unavailable`
 */
export async function settleLapsedCheckouts(
  services: CheckoutServices,
  now: number,
  trace: Trace,
  limit = 100,
): Promise<number> {
  let settled = 0
  for (const reservation of await findLapsedReservations(services.db, now, limit)) {
    const kind = await settleOrLeave(services, reservation, now, trace)
    if (kind === 'completed' || kind === 'freed') settled++
  }
  return settled
}

async function settleOrLeave(
  services: CheckoutServices,
  reservation: CheckoutReservationRow,
  now: number,
  trace: Trace,
): Promise<CheckoutOutcome['kind'] | undefined> {
  try {
    return (await settleCheckout(services, reservation, now, trace)).kind
  } catch (error) {
    const isAway = error instanceof ApiError && error.code === 'payments_unavailable'
    if (isAway || databaseFailure(error) === 'unavailable') throw error
    services.log.warn({ reservationId: reservation.id, err: error }, 'a lapsed checkout could not be settled')
    return undefined
  }
}

/** Whether a payment that took its time came to nothing; the session itself stays complete and unpaid for ever. */
function hasFailed({ subscription, payment_intent: intent }: Stripe.Checkout.Session): boolean {
  if (subscription !== null && typeof subscription !== 'string') {
    return subscription.status === 'incomplete_expired' || subscription.status === 'canceled'
  }
  if (intent === null || typeof intent === 'string') return false
  return intent.status === 'requires_payment_method' || intent.status === 'canceled'
}

/** The subscription's state first, in a transaction of its own: it belongs to nobody until the checkout is bound. */
async function storeSubscription(
  services: CheckoutServices,
  { subscription }: Stripe.Checkout.Session,
  asOf: number,
  now: number,
  trace: Trace,
): Promise<void> {
  if (subscription === null || typeof subscription === 'string') return
  const state = normaliseSubscription(subscription)
  await applySubscriptionState(services, state, { asOf, source: 'fetched' }, now, trace)
}

async function free(services: CheckoutServices, id: string, now: number): Promise<CheckoutOutcome> {
  await releaseReservationById(services.db, id, now)
  return { kind: 'freed' }
}
