import { askStripe, stripeClient } from '../stripe-client.ts'
import { type InvoiceState, normaliseInvoice } from '../stripe-shapes.ts'
import { prepareMissingSubscription } from './prepare-subscription.ts'
import { type Preparation, type Prepared, type Write, writes } from './prepared.ts'
import { type PaymentFact, recordPayment } from './record-payment.ts'
import { findInvoice } from './rows.ts'
import { settleTie } from './settle-tie.ts'
import { writeInvoice } from './write-invoice.ts'

/** `invoice.*`: its state, and the fact that it was paid or that an attempt failed, which counts however late it is told. */
export async function prepareInvoice(preparation: Preparation): Promise<Prepared> {
  const { services, event, now, trace } = preparation
  const state = normaliseInvoice(event.object)
  const subscription = state.subscriptionId
    ? await prepareMissingSubscription(preparation, state.subscriptionId)
    : writes()
  if (subscription.kind === 'away') return subscription

  const known = await findInvoice(services.db, state.id)
  const told = { state, time: { asOf: event.createdAt, eventId: event.id, source: 'event' as const } }
  const settled = await settleTie(services, known?.as_of, told, {
    operation: 'invoices.retrieve',
    call: (stripe) => stripe.invoices.retrieve(state.id),
    read: normaliseInvoice,
  })
  if (settled.kind === 'away') return settled
  const stateWrite: Write | undefined =
    settled.kind === 'write'
      ? (trx) => writeInvoice(trx, { known, state: settled.state, time: settled.time }, now)
      : undefined
  const fact = await factOf(preparation, state)
  return writes(...subscription.writes, stateWrite, fact && ((trx) => recordPayment(trx, fact, now, trace)))
}

async function factOf(
  { services, event }: Preparation,
  state: InvoiceState,
): Promise<PaymentFact | undefined> {
  const common = {
    customerId: state.customerId,
    subscriptionId: state.subscriptionId,
    invoiceId: state.id,
    paymentIntentId: state.paymentIntentId,
    chargeId: state.chargeId,
    currency: state.currency,
    eventId: event.id,
  }
  const told = { email: state.customerEmail, name: state.customerName, invoice: state }
  switch (event.type) {
    case 'invoice.paid':
    case 'invoice.payment_succeeded':
      return {
        ...common,
        kind: 'succeeded',
        reference: state.id,
        amount: state.amountPaid,
        reason: null,
        occurredAt: state.paidAt ?? event.createdAt,
        told,
      }
    case 'invoice.payment_failed':
      return {
        ...common,
        kind: 'declined',
        reference: `${state.id}:${state.attemptCount}`,
        amount: state.amountRemaining || state.amountDue,
        reason: await declineReason(services, state),
        occurredAt: event.createdAt,
        told: { ...told, attempt: state.attemptCount },
      }
    default:
      return undefined
  }
}

/** The event does not tell why the attempt failed. It is told without a reason when Stripe cannot be asked, or has tried again. */
async function declineReason(services: Preparation['services'], state: InvoiceState): Promise<string | null> {
  if (!stripeClient(services.config)) return null
  const answer = await askStripe(services, 'invoices.retrieve', (stripe) =>
    stripe.invoices.retrieve(state.id, { expand: ['payments.data.payment.payment_intent'] }),
  )
  if (answer.kind !== 'answer' || answer.value.attempt_count !== state.attemptCount) return null
  const intents = answer.value.payments?.data.map(({ payment }) => payment.payment_intent) ?? []
  const intent = intents.findLast((one) => typeof one === 'object')
  const error = typeof intent === 'object' ? intent?.last_payment_error : null
  return error?.decline_code ?? error?.code ?? null
}
