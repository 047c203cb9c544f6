import { updateCustomer } from './customers.ts'
import { change, emit } from './events.ts'
import { closeInvoicePayment } from './invoice-payments.ts'
import {
  cancelPaymentIntent,
  confirmPaymentIntent,
  type PaymentOutcome,
  settlePayment,
} from './payment-intents.ts'
import type { StandIn } from './stand-in.ts'
import type { StoredInvoice, StoredPaymentMethod, StoredSubscription } from './stored.ts'
import { invalidRequest } from './stripe-error.ts'
import { endSubscription, isLive, setStatus } from './subscription-status.ts'

/** Days from one failed attempt to the next; after the last one the subscription ends. */
const RETRY_DAYS = [3, 5, 7]

export interface Collection {
  /** By Stripe's own schedule; an attempt that somebody asked for does not move the schedule. */
  automatic: boolean
  method?: StoredPaymentMethod
}

/** Tries to collect an open invoice, and brings its subscription to the state that follows. */
export function collectInvoice(
  standIn: StandIn,
  invoice: StoredInvoice,
  { automatic, method = methodFor(standIn, invoice) }: Collection,
): PaymentOutcome {
  if (invoice.amount_due === 0) {
    markPaid(standIn, invoice)
    return 'succeeded'
  }
  const intent = standIn.store.paymentIntents.get(invoice.payment_intent ?? '')
  if (!intent) throw invalidRequest('This invoice has nothing to collect with.')
  refuseWhileProcessing(standIn, invoice)

  const outcome = method ? confirmPaymentIntent(standIn, intent, method) : 'failed'
  const attempt = () => {
    invoice.attempted = true
    if (automatic || invoice.attempt_count === 0) invoice.attempt_count += 1
  }
  if (outcome === 'processing') {
    change(standIn, 'invoice.updated', invoice, attempt)
    trustDebit(standIn, invoice)
    return outcome
  }
  attempt()
  finish(standIn, invoice, outcome, automatic)
  return outcome
}

/** The bank's late answer to the debit that pays an invoice. */
export function settleInvoice(standIn: StandIn, invoice: StoredInvoice, ok: boolean): void {
  const intent = standIn.store.paymentIntents.get(invoice.payment_intent ?? '')
  if (!intent) throw new Error(`${invoice.id} has no payment`)
  finish(standIn, invoice, settlePayment(standIn, intent, ok), true)
}

/** Writes an open invoice off; what it held back goes on. @throws 400 unless it is open, and while a bank has yet to answer for it */
export function voidInvoice(standIn: StandIn, invoice: StoredInvoice): void {
  if (invoice.status !== 'open')
    throw invalidRequest(`You can only pass in open invoices. This invoice is ${invoice.status}.`)
  const intent = standIn.store.paymentIntents.get(invoice.payment_intent ?? '')
  refuseWhileProcessing(standIn, invoice)
  if (intent) cancelPaymentIntent(standIn, intent, 'void_invoice')
  closeInvoicePayment(standIn, invoice, 'canceled')
  standIn.agenda.set('payment-retries', invoice.id, null)
  invoice.status = 'void'
  invoice.auto_advance = false
  invoice.next_payment_attempt = null
  invoice.status_transitions.voided_at = standIn.clock.seconds()
  emit(standIn, 'invoice.voided', invoice)
  const subscription = subscriptionOf(standIn, invoice)
  if (subscription?.status === 'past_due' && subscription.latest_invoice === invoice.id) {
    setStatus(standIn, subscription, 'active')
  }
}

/** Whether a bank has yet to answer for the invoice. */
export function isProcessing({ store }: StandIn, { payment_intent: intent }: StoredInvoice): boolean {
  return store.paymentIntents.get(intent ?? '')?.status === 'processing'
}

export function subscriptionOf({ store }: StandIn, invoice: StoredInvoice): StoredSubscription | undefined {
  return store.subscriptions.get(invoice.parent?.subscription_details?.subscription ?? '')
}

/** While a bank has not answered, Stripe takes the subscription for paid. */
function trustDebit(standIn: StandIn, invoice: StoredInvoice): void {
  const subscription = subscriptionOf(standIn, invoice)
  if (subscription?.status !== 'incomplete') return
  standIn.agenda.set('incomplete-expires', subscription.id, null)
  setStatus(standIn, subscription, 'active')
}

function refuseWhileProcessing(standIn: StandIn, invoice: StoredInvoice): void {
  if (isProcessing(standIn, invoice)) throw invalidRequest('A payment of this invoice is being processed.')
}

function finish(standIn: StandIn, invoice: StoredInvoice, outcome: PaymentOutcome, automatic: boolean): void {
  const intent = standIn.store.paymentIntents.get(invoice.payment_intent ?? '')
  invoice.charge = intent?.latest_charge ?? null
  if (outcome === 'succeeded') markPaid(standIn, invoice)
  else markFailed(standIn, invoice, automatic)
}

function markPaid(standIn: StandIn, invoice: StoredInvoice): void {
  standIn.agenda.set('payment-retries', invoice.id, null)
  invoice.status = 'paid'
  invoice.attempted = true
  invoice.amount_paid = invoice.amount_due
  invoice.amount_remaining = 0
  invoice.next_payment_attempt = null
  invoice.status_transitions.paid_at = standIn.clock.seconds()
  emit(standIn, 'invoice.paid', invoice)
  emit(standIn, 'invoice.payment_succeeded', invoice)
  closeInvoicePayment(standIn, invoice, 'paid')
  const subscription = subscriptionOf(standIn, invoice)
  if (!subscription || subscription.latest_invoice !== invoice.id) return

  if (['incomplete', 'past_due', 'unpaid'].includes(subscription.status))
    setStatus(standIn, subscription, 'active')
  standIn.agenda.set('incomplete-expires', subscription.id, null)
  setDelinquent(standIn, invoice, false)
}

function markFailed(standIn: StandIn, invoice: StoredInvoice, automatic: boolean): void {
  const { agenda, clock } = standIn
  const subscription = subscriptionOf(standIn, invoice)
  const first = subscription?.status === 'incomplete'
  if (automatic) {
    const goesOn = subscription && isLive(subscription) && !first
    const days = !goesOn ? undefined : RETRY_DAYS[invoice.attempt_count - 1]
    invoice.next_payment_attempt = days === undefined ? null : clock.seconds() + days * 86_400
    agenda.set('payment-retries', invoice.id, invoice.next_payment_attempt, invoice.test_clock)
  }
  emit(standIn, 'invoice.payment_failed', invoice)
  setDelinquent(standIn, invoice, true)
  if (!subscription || first) return

  const isLatest = subscription.latest_invoice === invoice.id
  if (isLatest && subscription.status === 'active') setStatus(standIn, subscription, 'past_due')
  const exhausted = automatic && invoice.next_payment_attempt === null
  if (exhausted && subscription.status === 'past_due') {
    endSubscription(standIn, subscription, 'payment_failed')
  }
}

function setDelinquent(standIn: StandIn, invoice: StoredInvoice, delinquent: boolean): void {
  const customer = standIn.store.customers.get(invoice.customer ?? '')
  if (customer) updateCustomer(standIn, customer, { delinquent })
}

function methodFor(standIn: StandIn, invoice: StoredInvoice): StoredPaymentMethod | undefined {
  const { paymentMethods, customers } = standIn.store
  const chosen =
    invoice.default_payment_method ??
    subscriptionOf(standIn, invoice)?.default_payment_method ??
    customers.get(invoice.customer ?? '')?.invoice_settings.default_payment_method
  return paymentMethods.get(chosen ?? '')
}
