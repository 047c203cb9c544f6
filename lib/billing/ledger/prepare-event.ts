import { releaseReservation } from '../checkout/release-reservation.ts'
import { invalidatePrices } from '../prices.ts'
import { requireText } from '../stripe-fields.ts'
import { bindSession } from './bind-reservation.ts'
import type { HandledEvent } from './handled-events.ts'
import { prepareCustomer } from './prepare-customer.ts'
import { prepareInvoice } from './prepare-invoice.ts'
import { preparePaymentIntent, prepareRefund } from './prepare-payment.ts'
import { prepareSubscription } from './prepare-subscription.ts'
import { type Preparation, type Prepared, writes } from './prepared.ts'

/**
 * Finds out what an event comes to. It may ask Stripe, and is called outside any transaction.
 * @throws {StripeShapeError} for an object that cannot be read
 */
export function prepareEvent(type: HandledEvent, preparation: Preparation): Promise<Prepared> {
  switch (type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded':
      return prepareCheckout(preparation)
    case 'checkout.session.async_payment_failed':
    case 'checkout.session.expired':
      return prepareRelease(preparation)
    case 'customer.created':
    case 'customer.updated':
    case 'customer.deleted':
      return prepareCustomer(preparation)
    case 'invoice.finalized':
    case 'invoice.paid':
    case 'invoice.payment_succeeded':
    case 'invoice.payment_failed':
    case 'invoice.voided':
    case 'invoice.marked_uncollectible':
      return prepareInvoice(preparation)
    case 'charge.refunded':
      return prepareRefund(preparation)
    case 'payment_intent.succeeded':
    case 'payment_intent.payment_failed':
      return preparePaymentIntent(preparation)
    case 'price.created':
    case 'price.updated':
    case 'price.deleted':
    case 'product.updated':
    case 'product.deleted':
      invalidatePrices(preparation.services.config)
      return Promise.resolve(writes())
    default:
      return prepareSubscription(preparation)
  }
}

/** A session of ours is completed in transactions of its own, which find it done the second time; others' sessions are nothing to us. */
async function prepareCheckout({ services, event, now, trace }: Preparation): Promise<Prepared> {
  return (await bindSession(services, requireText(event.object, 'id'), now, trace)) ?? writes()
}

async function prepareRelease({ event, now }: Preparation): Promise<Prepared> {
  const sessionId = requireText(event.object, 'id')
  return writes((trx) => releaseReservation(trx, sessionId, now))
}
