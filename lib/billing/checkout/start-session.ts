import type Stripe from 'stripe'
import { ApiError } from '../../http/errors.ts'
import { findCustomerOfGroup } from '../billing-customers.ts'
import { invalidatePrices, type Price } from '../prices.ts'
import { askStripe, requireAnswer, type StripeAnswer } from '../stripe-client.ts'
import type { CheckoutOrder } from './checkout-order.ts'
import type { CheckoutServices } from './completed-checkout.ts'
import { releaseReservationById } from './release-reservation.ts'
import { type NewReservation, storeSession } from './reservations.ts'
import { sessionParams } from './session-params.ts'
import { trialDays } from './trial-days.ts'

export interface HeldOrder {
  order: CheckoutOrder
  /** Committed: its id is Stripe's idempotency key. */
  reservation: NewReservation
  price: Price
  /** The buyer's address. */
  email: string
}

/**
 * Makes the Stripe session of a reservation. When that fails the name is freed: even a session that was made after all has shown its
 * address to nobody, so that nobody can pay it.
 * @returns the address of the session's page
 * @throws {ApiError} `payments_unavailable`, `price_unknown`; `conflict` when another request of the buyer took its place
 */
export async function startSession(services: CheckoutServices, held: HeldOrder): Promise<string> {
  const { db, clock } = services
  const { reservation } = held
  let session: Stripe.Checkout.Session
  try {
    session = await createSession(services, held)
  } catch (error) {
    await releaseReservationById(db, reservation.id, clock.now())
    throw error
  }

  if (await storeSession(db, reservation.id, session.id, clock.now())) return session.url!
  await askStripe(services, 'checkout.sessions.expire', (stripe) =>
    stripe.checkout.sessions.expire(session.id),
  )
  throw new ApiError('conflict', { detail: 'Another checkout of yours for this name has taken its place.' })
}

async function createSession(services: CheckoutServices, held: HeldOrder): Promise<Stripe.Checkout.Session> {
  const { config, db, clock } = services
  const { order, reservation, price, email } = held
  const { identity, groupId } = reservation
  const offered = config.stripe.trialPeriodDays
  const trial = await trialDays(db, { identity, groupId, offered, asked: order.trialPeriodDays }, clock.now())
  const customerId = groupId === null ? undefined : await findCustomerOfGroup(db, groupId)
  const create = (key: string, customer: { email: string; customerId?: string | undefined }) => {
    const params = sessionParams(config, { order, reservation, price, trialDays: trial, ...customer })
    return askStripe(services, 'checkout.sessions.create', (stripe) =>
      stripe.checkout.sessions.create(params, { idempotencyKey: key }),
    )
  }
  let answer = await create(reservation.id, { email, customerId })
  if (isAbout(answer, 'customer')) answer = await create(`${reservation.id}-new-customer`, { email })
  if (isAbout(answer, 'line_items')) {
    invalidatePrices(config)
    throw new ApiError('price_unknown')
  }
  return requireAnswer(answer)
}

/** Whether Stripe refuses a parameter: a customer may be deleted, or a price archived, before we are told. */
function isAbout(answer: StripeAnswer<unknown>, parameter: string): boolean {
  if (answer.kind !== 'refused') return false
  const { param = '' } = answer.cause as { param?: string }
  return param === parameter || param.startsWith(`${parameter}[`)
}
