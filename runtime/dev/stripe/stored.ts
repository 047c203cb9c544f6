import type { Stripe } from 'stripe'

/** A resource as it stands in JSON: what may be expanded is an id, and decimals are text. */
export type Stored<T> = { [K in keyof T]: StoredValue<T[K]> }

type StoredValue<Value, Whole = Value> = Value extends Stripe.Decimal
  ? string
  : Value extends object
    ? string extends Extract<Whole, string>
      ? never
      : Value extends readonly (infer Item)[]
        ? StoredValue<Item>[]
        : Stored<Value>
    : Value

export type StoredCustomer = Stored<Stripe.Customer>
export type StoredProduct = Stored<Stripe.Product>
export type StoredPrice = Stored<Stripe.Price>
export type StoredPlan = Stored<Stripe.Plan>
export type StoredSubscription = Stored<Stripe.Subscription>
export type StoredSubscriptionItem = Stored<Stripe.SubscriptionItem>
export type StoredInvoicePayment = Stored<Stripe.InvoicePayment>
export type StoredRefund = Stored<Stripe.Refund>
export type StoredPortalSession = Stored<Stripe.BillingPortal.Session>
export type StoredTestClock = Stored<Stripe.TestHelpers.TestClock>
export type StoredItem = Stored<Stripe.LineItem>

/** The full price stands in the older shapes; the current one shows its id alone. */
export type StoredInvoiceLine = Stored<Stripe.InvoiceLineItem> & { price: StoredPrice }

/** Before 2025-03-31 an invoice named its payment intent and charge itself. */
export type StoredInvoice = Omit<Stored<Stripe.Invoice>, 'lines'> & {
  lines: StoredList<StoredInvoiceLine>
  payment_intent: string | null
  charge: string | null
}

/** Before 2025-03-31 these named their invoice; before 2022-11-15 a charge showed its refunds. */
export type StoredCharge = Omit<Stored<Stripe.Charge>, 'refunds'> & {
  invoice: string | null
  refund_items: StoredRefund[]
}
export type StoredPaymentIntent = Stored<Stripe.PaymentIntent> & { invoice: string | null }

/** `refusal`, never shown, is the code with which each payment by this method is declined. */
export type StoredPaymentMethod = Stored<Stripe.PaymentMethod> & { refusal: string | null }

/** Never shown: what the buyer was offered, and the payment intent of attempts that failed so far. */
export type StoredCheckoutSession = Omit<Stored<Stripe.Checkout.Session>, 'line_items'> & {
  items: StoredItem[]
  attempt_intent: string | null
  subscription_data: SubscriptionData
  intent_metadata: Record<string, string>
}

export interface SubscriptionData {
  metadata: Record<string, string>
  description: string | null
  trial_end: number | null
  trial_period_days: number | null
  missing_payment_method: 'cancel' | 'create_invoice'
}

/** `secrets`, never shown, sign what is delivered; more than one while a rotation overlaps. */
export type StoredWebhookEndpoint = Stored<Stripe.WebhookEndpoint> & {
  secrets: { value: string; until: number | null }[]
}

/** Money that waits for a subscription's next invoice. */
export interface PendingLine {
  id: string
  subscription: string
  line: StoredInvoiceLine
}

/** An event with its object as JSON text of the moment, in the shape in which resources are stored. */
export interface StoredEvent {
  id: string
  type: string
  created: number
  object: string
  before: string | null
  request: { id: string | null; idempotency_key: string | null }
  /** Endpoints that have not taken it yet. */
  waiting: string[]
}

/** What was answered to the first request with an idempotency key. */
export interface StoredAnswer {
  id: string
  fingerprint: string
  status: number
  body: string
  requestId: string
  /** Seconds since the epoch. */
  at: number
}

export interface StoredList<Item> {
  object: 'list'
  data: Item[]
  has_more: boolean
  url: string
}
