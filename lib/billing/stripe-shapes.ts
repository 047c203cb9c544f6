import {
  idIn,
  isObject,
  listIn,
  objectIn,
  requireText,
  requireWhole,
  type StripeObject,
  StripeShapeError,
  textIn,
  timeIn,
  wholeIn,
} from './stripe-fields.ts'

/*
 * What the ledger reads of Stripe's objects, the same from every API version: that of 2024, the current one ("basil" and later, where
 * periods stand on the items and an invoice names its subscription under `parent`), and old ones, whose items carry `plan` for `price`.
 * Times are milliseconds since the epoch, amounts whole minor units. Each reader throws a StripeShapeError for what it cannot read.
 */

export interface PricedItem {
  priceId: string | null
  lookupKey: string | null
  quantity: number
}

export interface SubscriptionState {
  id: string
  customerId: string | null
  status: string
  /** At least one. */
  items: PricedItem[]
  startedAt: number
  periodStart: number | null
  periodEnd: number | null
  trialEndsAt: number | null
  cancelAt: number | null
  cancelAtPeriodEnd: boolean
  canceledAt: number | null
  endedAt: number | null
  /** Slug or id of the group that the metadata names. */
  namedGroup: string | null
  /** Reservation of the checkout that made it. */
  reservationId: string | null
  livemode: boolean
}

/** @throws {StripeShapeError} */
export function normaliseSubscription(object: unknown): SubscriptionState {
  const subscription = requireKind(object, 'subscription')
  const raw = listIn(subscription, 'items')
  const items = raw.length ? raw.map(pricedItem) : [pricedItem(subscription)]
  const starts = raw.map((item) => timeIn(item, 'current_period_start')).filter((time) => time !== null)
  const ends = raw.map((item) => timeIn(item, 'current_period_end')).filter((time) => time !== null)
  const metadata = objectIn(subscription, 'metadata')
  return {
    id: requireText(subscription, 'id'),
    customerId: idIn(subscription, 'customer'),
    status: requireText(subscription, 'status'),
    items,
    startedAt: timeIn(subscription, 'start_date') ?? timeIn(subscription, 'start') ?? createdAt(subscription),
    periodStart: timeIn(subscription, 'current_period_start') ?? (starts.length ? Math.max(...starts) : null),
    periodEnd: timeIn(subscription, 'current_period_end') ?? (ends.length ? Math.min(...ends) : null),
    trialEndsAt: timeIn(subscription, 'trial_end'),
    cancelAt: timeIn(subscription, 'cancel_at'),
    cancelAtPeriodEnd: subscription.cancel_at_period_end === true,
    canceledAt: timeIn(subscription, 'canceled_at'),
    endedAt: timeIn(subscription, 'ended_at'),
    namedGroup: textIn(metadata, 'group'),
    reservationId: textIn(metadata, 'reservation'),
    livemode: subscription.livemode === true,
  }
}

function pricedItem(item: StripeObject): PricedItem {
  const price = objectIn(item, 'price') ?? objectIn(item, 'plan')
  return {
    priceId: price ? textIn(price, 'id') : (textIn(item, 'price') ?? textIn(item, 'plan')),
    lookupKey: textIn(price, 'lookup_key'),
    quantity: wholeIn(item, 'quantity') ?? 1,
  }
}

export interface CustomerState {
  id: string
  email: string | null
  name: string | null
  deleted: boolean
  namedGroup: string | null
  livemode: boolean
}

/** @throws {StripeShapeError} */
export function normaliseCustomer(object: unknown): CustomerState {
  const customer = requireKind(object, 'customer')
  return {
    id: requireText(customer, 'id'),
    email: textIn(customer, 'email'),
    name: textIn(customer, 'name'),
    deleted: customer.deleted === true,
    namedGroup: textIn(objectIn(customer, 'metadata'), 'group'),
    livemode: customer.livemode === true,
  }
}

export interface InvoiceState {
  id: string
  number: string | null
  customerId: string | null
  customerEmail: string | null
  customerName: string | null
  subscriptionId: string | null
  status: string
  currency: string
  amountDue: number
  amountPaid: number
  amountRemaining: number
  total: number
  attemptCount: number
  billingReason: string | null
  invoicePdf: string | null
  hostedInvoiceUrl: string | null
  /** The period that it bills, which the lines tell. */
  periodStart: number | null
  periodEnd: number | null
  paidAt: number | null
  createdAt: number
  paymentIntentId: string | null
  chargeId: string | null
  livemode: boolean
}

/** @throws {StripeShapeError} */
export function normaliseInvoice(object: unknown): InvoiceState {
  const invoice = requireKind(object, 'invoice')
  const parent = objectIn(objectIn(invoice, 'parent'), 'subscription_details')
  const ends = listIn(invoice, 'lines').map((line) => timeIn(objectIn(line, 'period'), 'end'))
  const amountDue = requireWhole(invoice, 'amount_due')
  const amountPaid = wholeIn(invoice, 'amount_paid') ?? (invoice.paid === true ? amountDue : 0)
  const transitions = objectIn(invoice, 'status_transitions')
  return {
    id: requireText(invoice, 'id'),
    number: textIn(invoice, 'number'),
    customerId: idIn(invoice, 'customer'),
    customerEmail: textIn(invoice, 'customer_email'),
    customerName: textIn(invoice, 'customer_name'),
    subscriptionId: idIn(parent, 'subscription') ?? idIn(invoice, 'subscription'),
    status: textIn(invoice, 'status') ?? (invoice.paid === true ? 'paid' : 'open'),
    currency: requireText(invoice, 'currency'),
    amountDue,
    amountPaid,
    amountRemaining: wholeIn(invoice, 'amount_remaining') ?? amountDue - amountPaid,
    total: wholeIn(invoice, 'total') ?? amountDue,
    attemptCount: wholeIn(invoice, 'attempt_count') ?? 0,
    billingReason: textIn(invoice, 'billing_reason'),
    invoicePdf: textIn(invoice, 'invoice_pdf'),
    hostedInvoiceUrl: textIn(invoice, 'hosted_invoice_url'),
    periodStart: timeIn(invoice, 'period_start'),
    periodEnd: latest(ends) ?? timeIn(invoice, 'period_end'),
    paidAt: timeIn(transitions, 'paid_at'),
    createdAt: createdAt(invoice),
    paymentIntentId: idIn(invoice, 'payment_intent'),
    chargeId: idIn(invoice, 'charge'),
    livemode: invoice.livemode === true,
  }
}

export interface ChargeState {
  id: string
  customerId: string | null
  invoiceId: string | null
  paymentIntentId: string | null
  amount: number
  amountRefunded: number
  currency: string
  createdAt: number
}

/** @throws {StripeShapeError} */
export function normaliseCharge(object: unknown): ChargeState {
  const charge = requireKind(object, 'charge')
  return {
    id: requireText(charge, 'id'),
    customerId: idIn(charge, 'customer'),
    invoiceId: idIn(charge, 'invoice'),
    paymentIntentId: idIn(charge, 'payment_intent'),
    amount: requireWhole(charge, 'amount'),
    amountRefunded: requireWhole(charge, 'amount_refunded'),
    currency: requireText(charge, 'currency'),
    createdAt: createdAt(charge),
  }
}

export interface PaymentIntentState {
  id: string
  customerId: string | null
  /** Null without an invoice; undefined where the API version does not tell. */
  invoiceId: string | null | undefined
  chargeId: string | null
  amount: number
  currency: string
  email: string | null
  /** Why the last try failed. */
  reason: string | null
  /** Reservation of the checkout that it pays. */
  reservationId: string | null
}

/** @throws {StripeShapeError} */
export function normalisePaymentIntent(object: unknown): PaymentIntentState {
  const intent = requireKind(object, 'payment_intent')
  const error = objectIn(intent, 'last_payment_error')
  const failedCharge = textIn(error, 'charge')
  return {
    id: requireText(intent, 'id'),
    customerId: idIn(intent, 'customer'),
    invoiceId: 'invoice' in intent ? idIn(intent, 'invoice') : undefined,
    chargeId: idIn(intent, 'latest_charge') ?? failedCharge,
    amount: wholeIn(intent, 'amount_received') || requireWhole(intent, 'amount'),
    currency: requireText(intent, 'currency'),
    email: textIn(intent, 'receipt_email'),
    reason: textIn(error, 'decline_code') ?? textIn(error, 'code'),
    reservationId: textIn(objectIn(intent, 'metadata'), 'reservation'),
  }
}

function requireKind(object: unknown, kind: string): StripeObject {
  if (!isObject(object) || object.object !== kind) throw new StripeShapeError('data.object', kind)
  return object
}

function createdAt(object: StripeObject): number {
  return timeIn(object, 'created') ?? 0
}

function latest(times: (number | null)[]): number | null {
  const known = times.filter((time) => time !== null)
  return known.length ? Math.max(...known) : null
}
