import { askStripe, stripeClient } from '../stripe-client.ts'
import { wholeIn } from '../stripe-fields.ts'
import { normaliseCharge, normalisePaymentIntent, type PaymentIntentState } from '../stripe-shapes.ts'
import { bindReservation } from './bind-reservation.ts'
import { type Preparation, type Prepared, writes } from './prepared.ts'
import { type PaymentFact, recordPayment } from './record-payment.ts'

/** `payment_intent.succeeded` and `.payment_failed`, unless it pays an invoice: then the invoice's own events tell. */
export async function preparePaymentIntent(preparation: Preparation): Promise<Prepared> {
  const { services, event, now, trace } = preparation
  const state = normalisePaymentIntent(event.object)
  const invoice = await paysInvoice(preparation, state)
  if (invoice === 'away') return { kind: 'away', reason: 'the invoice of a payment could not be read' }
  if (invoice) return writes()

  const succeeded = event.type === 'payment_intent.succeeded'
  const bound = succeeded && (await bindReservation(services, state.reservationId, now, trace))
  if (bound) return bound
  const fact: PaymentFact = {
    kind: succeeded ? 'succeeded' : 'declined',
    reference: succeeded ? state.id : `${state.id}:${state.chargeId ?? event.id}`,
    customerId: state.customerId,
    subscriptionId: null,
    invoiceId: null,
    paymentIntentId: state.id,
    chargeId: state.chargeId,
    amount: state.amount,
    currency: state.currency,
    reason: succeeded ? null : state.reason,
    occurredAt: event.createdAt,
    eventId: event.id,
    told: { email: state.email, name: null },
  }
  return writes((trx) => recordPayment(trx, fact, now, trace))
}

/** Without a key for Stripe, a payment that does not tell counts as that of an invoice: it must not be told twice. */
async function paysInvoice(
  { services, event }: Preparation,
  { id, invoiceId }: PaymentIntentState,
): Promise<boolean | 'away'> {
  if (invoiceId !== undefined) return invoiceId !== null
  if (!stripeClient(services.config)) {
    services.log.warn(
      { event: event.id },
      'a payment is left out: only Stripe could tell whether it is one of an invoice',
    )
    return true
  }
  const answer = await askStripe(services, 'invoicePayments.list', (stripe) =>
    stripe.invoicePayments.list({ payment: { type: 'payment_intent', payment_intent: id }, limit: 1 }),
  )
  if (answer.kind === 'away') return 'away'
  if (answer.kind === 'refused') throw answer.cause
  return answer.kind === 'answer' && answer.value.data.length > 0
}

/** `charge.refunded`: what was given back this time. */
export async function prepareRefund({ event, now, trace }: Preparation): Promise<Prepared> {
  const charge = normaliseCharge(event.object)
  const before = wholeIn(event.previousAttributes, 'amount_refunded') ?? 0
  const fact: PaymentFact = {
    kind: 'refunded',
    reference: `${charge.id}:${charge.amountRefunded}`,
    customerId: charge.customerId,
    subscriptionId: null,
    invoiceId: charge.invoiceId,
    paymentIntentId: charge.paymentIntentId,
    chargeId: charge.id,
    amount: charge.amountRefunded - before,
    currency: charge.currency,
    reason: null,
    occurredAt: event.createdAt,
    eventId: event.id,
    told: { email: null, name: null },
  }
  return writes((trx) => recordPayment(trx, fact, now, trace))
}
