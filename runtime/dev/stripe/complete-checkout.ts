import { createCustomer } from './customers.ts'
import { emit } from './events.ts'
import { confirmPaymentIntent, createPaymentIntent } from './payment-intents.ts'
import { attachPaymentMethod, createPaymentMethod, type PaymentKind } from './payment-methods.ts'
import type { StandIn } from './stand-in.ts'
import type {
  StoredCheckoutSession,
  StoredCustomer,
  StoredPaymentIntent,
  StoredPaymentMethod,
} from './stored.ts'
import { invalidRequest } from './stripe-error.ts'
import { createSubscription } from './subscriptions.ts'
import { inTimeOf } from './test-clock-time.ts'

export interface Purchase {
  /** `none` where a trial needs no method of payment. */
  card: PaymentKind | 'none'
  /** Default: what the session or its customer has. */
  email?: string
}

/** Undefined when the session is complete, else what its page says to the buyer. */
export type Refusal = string | undefined

/**
 * The buyer presses Pay. A card that is declined leaves the session open.
 * @throws 400 when the session is not open
 */
export function completeCheckout(
  standIn: StandIn,
  session: StoredCheckoutSession,
  { card, email }: Purchase,
): Refusal {
  if (session.status !== 'open') throw invalidRequest(`This Checkout Session is ${session.status}.`)
  const customer = standIn.store.customers.get(session.customer ?? '')
  const address = email ?? session.customer_email ?? customer?.email ?? 'buyer@example.com'
  return inTimeOf(standIn, customer?.test_clock, () => {
    const method = card === 'none' ? undefined : createPaymentMethod(standIn, card)
    if (method) method.billing_details.email = address
    else if (!needsNoMethod(session)) return 'A payment method is required.'
    if (method?.refusal && session.amount_total !== 0) {
      confirmPaymentIntent(standIn, attemptIntent(standIn, session, address), method)
      return 'Your card was declined.'
    }
    session.customer_details = {
      address: null,
      business_name: null,
      email: address,
      individual_name: null,
      name: customer?.name ?? null,
      phone: null,
      tax_exempt: 'none',
      tax_ids: [],
    }
    if (session.mode === 'subscription') subscribe(standIn, session, method)
    else payOnce(standIn, session, method!)
    session.status = 'complete'
    session.url = null
    standIn.agenda.set('checkout-expires', session.id, null)
    emit(standIn, 'checkout.session.completed', session)
    return undefined
  })
}

function subscribe(
  standIn: StandIn,
  session: StoredCheckoutSession,
  method: StoredPaymentMethod | undefined,
): void {
  const customer = customerOf(standIn, session)
  if (method) attachPaymentMethod(standIn, customer, method)
  const {
    metadata,
    description,
    trial_end,
    trial_period_days: days,
    missing_payment_method,
  } = session.subscription_data
  const subscription = createSubscription(standIn, {
    customer,
    items: session.items.map(({ price, quantity }) => ({ price: price!, quantity: quantity ?? 1 })),
    metadata,
    description,
    trialEnd: days === null ? trial_end : standIn.clock.seconds() + days * 86_400,
    defaultPaymentMethod: method?.id ?? null,
    missingPaymentMethod: missing_payment_method,
    checkout: { paymentIntent: session.attempt_intent },
  })
  session.subscription = subscription.id
  session.invoice = subscription.latest_invoice
  const invoice = standIn.store.invoices.get(subscription.latest_invoice ?? '')
  session.payment_status =
    invoice?.status !== 'paid' ? 'unpaid' : invoice.amount_due === 0 ? 'no_payment_required' : 'paid'
}

function payOnce(standIn: StandIn, session: StoredCheckoutSession, method: StoredPaymentMethod): void {
  if (session.customer_creation === 'always') customerOf(standIn, session)
  const intent = attemptIntent(standIn, session, session.customer_details?.email ?? null)
  intent.customer = session.customer
  session.payment_intent = intent.id
  session.payment_status = confirmPaymentIntent(standIn, intent, method) === 'succeeded' ? 'paid' : 'unpaid'
}

/** The one payment intent with which a session's buyer tries, and tries again. */
function attemptIntent(
  standIn: StandIn,
  session: StoredCheckoutSession,
  email: string | null,
): StoredPaymentIntent {
  const known = standIn.store.paymentIntents.get(session.attempt_intent ?? '')
  if (known) return known
  const intent = createPaymentIntent(standIn, {
    amount: session.amount_total ?? 0,
    currency: session.currency ?? 'usd',
    customer: session.customer,
    receiptEmail: email,
    metadata: { ...session.intent_metadata },
  })
  session.attempt_intent = intent.id
  return intent
}

function customerOf(standIn: StandIn, session: StoredCheckoutSession): StoredCustomer {
  const known = standIn.store.customers.get(session.customer ?? '')
  if (known) return known
  const customer = createCustomer(standIn, { email: session.customer_details?.email })
  session.customer = customer.id
  return customer
}

function needsNoMethod(session: StoredCheckoutSession): boolean {
  return (
    session.mode === 'subscription' &&
    session.amount_total === 0 &&
    session.payment_method_collection === 'if_required'
  )
}
