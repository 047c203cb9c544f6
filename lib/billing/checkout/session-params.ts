import type Stripe from 'stripe'
import type { Config } from '../../config.ts'
import type { Price } from '../prices.ts'
import type { CheckoutOrder, OwnMetadata } from './checkout-order.ts'
import { cancelUrl, successUrl } from './dashboard-urls.ts'
import type { NewReservation } from './reservations.ts'

export interface SessionParts {
  order: Pick<CheckoutOrder, 'extraMetadata'>
  reservation: NewReservation
  price: Price
  trialDays: number
  /** Address that the form starts with. */
  email: string
  /** The customer that the group has already. */
  customerId?: string | undefined
}

/** What we ask Stripe for: a subscription, or for a price that is paid once a payment. */
export function sessionParams(
  { stripe }: Pick<Config, 'stripe'>,
  { order, reservation, price, trialDays, email, customerId }: SessionParts,
): Stripe.Checkout.SessionCreateParams {
  const own: OwnMetadata = {
    group: reservation.name,
    groupLongName: reservation.longName,
    identity: reservation.identity,
    reservation: reservation.id,
  }
  const metadata = { ...order.extraMetadata, ...own }
  const common: Stripe.Checkout.SessionCreateParams = {
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: successUrl(stripe),
    cancel_url: cancelUrl(stripe),
    client_reference_id: reservation.name,
    expires_at: reservation.expiresAt / 1000,
    metadata,
    ...(customerId ? { customer: customerId } : { customer_email: email }),
  }
  if (price.type === 'one_time') {
    const created = !customerId && { customer_creation: 'always' as const }
    return { ...common, mode: 'payment', payment_intent_data: { metadata }, ...created }
  }
  const trial = trialDays > 0 && { trial_period_days: trialDays }
  return { ...common, mode: 'subscription', subscription_data: { metadata, ...trial } }
}
