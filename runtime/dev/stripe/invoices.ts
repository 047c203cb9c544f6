import { updateCustomer } from './customers.ts'
import { emit } from './events.ts'
import { createInvoicePayment } from './invoice-payments.ts'
import { createPaymentIntent } from './payment-intents.ts'
import { newId, type StandIn } from './stand-in.ts'
import type { StoredInvoice, StoredInvoiceLine, StoredSubscription } from './stored.ts'

export interface NewInvoice {
  id: string
  subscription: StoredSubscription
  reason: 'subscription_create' | 'subscription_cycle' | 'subscription_update'
  lines: StoredInvoiceLine[]
  /** When Stripe finalizes it by itself, in seconds since the epoch; null when that is done at once. */
  finalizesAt?: number | null
  /** The payment intent of attempts before the invoice existed. */
  paymentIntent?: string | null
}

/** Makes a draft. The id is given, so that the subscription can name the invoice before it exists. */
export function createInvoice(standIn: StandIn, wanted: NewInvoice): StoredInvoice {
  const { store, clock, agenda } = standIn
  const { id, subscription, lines, finalizesAt = null } = wanted
  const customer = store.customers.get(subscription.customer)
  const total = lines.reduce((sum, line) => sum + line.amount, 0)
  for (const line of lines) line.invoice = id
  const invoice: StoredInvoice = {
    id,
    object: 'invoice',
    account_country: 'US',
    account_name: 'Stand-in',
    account_tax_ids: null,
    amount_due: Math.max(total, 0),
    amount_overpaid: 0,
    amount_paid: 0,
    amount_paid_off_stripe: 0,
    amount_remaining: Math.max(total, 0),
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: true,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: finalizesAt,
    billing_reason: wanted.reason,
    charge: null,
    collection_method: 'charge_automatically',
    created: clock.seconds(),
    currency: subscription.currency,
    custom_fields: null,
    customer: subscription.customer,
    customer_account: null,
    customer_address: null,
    customer_email: customer?.email ?? null,
    customer_name: customer?.name ?? null,
    customer_phone: customer?.phone ?? null,
    customer_shipping: null,
    customer_tax_exempt: 'none',
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    due_date: null,
    effective_at: null,
    ending_balance: null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: 'self' },
    last_finalization_error: null,
    latest_revision: null,
    lines: { object: 'list', data: lines, has_more: false, url: `/v1/invoices/${id}/lines` },
    livemode: false,
    metadata: {},
    next_payment_attempt: finalizesAt,
    number: null,
    on_behalf_of: null,
    parent: {
      quote_details: null,
      subscription_details: { metadata: { ...subscription.metadata }, subscription: subscription.id },
      type: 'subscription_details',
    },
    payment_intent: wanted.paymentIntent ?? null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    ...periodOf(lines, wanted.reason, clock.seconds()),
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: customer?.balance ?? 0,
    statement_descriptor: null,
    status: 'draft',
    status_transitions: {
      finalized_at: null,
      marked_uncollectible_at: null,
      paid_at: null,
      voided_at: null,
    },
    subtotal: total,
    subtotal_excluding_tax: total,
    test_clock: subscription.test_clock,
    total,
    total_discount_amounts: [],
    total_excluding_tax: total,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: clock.seconds(),
  }
  store.invoices.set(id, invoice)
  emit(standIn, 'invoice.created', invoice)
  agenda.set('invoice-finalizes', id, finalizesAt, invoice.test_clock)
  return invoice
}

/** Gives the invoice its number, settles it against the customer's balance and opens it for payment. */
export function finalizeInvoice(standIn: StandIn, invoice: StoredInvoice): void {
  const { store, clock, agenda } = standIn
  agenda.set('invoice-finalizes', invoice.id, null)
  applyBalance(standIn, invoice)
  invoice.status = 'open'
  invoice.number = nextNumber(standIn, invoice)
  invoice.automatically_finalizes_at = null
  invoice.effective_at = clock.seconds()
  invoice.status_transitions.finalized_at = clock.seconds()
  invoice.hosted_invoice_url = `${standIn.baseUrl()}/invoice/${invoice.id}`
  invoice.invoice_pdf = `${standIn.baseUrl()}/invoice/${invoice.id}/pdf`
  if (invoice.amount_due > 0) {
    const intent = store.paymentIntents.get(invoice.payment_intent ?? '') ?? intentFor(standIn, invoice)
    Object.assign(intent, { invoice: invoice.id, customer: invoice.customer, amount: invoice.amount_due })
    invoice.payment_intent = intent.id
    createInvoicePayment(standIn, invoice, intent.id)
  }
  emit(standIn, 'invoice.finalized', invoice)
}

export function newInvoiceId(standIn: StandIn): string {
  return newId(standIn, 'in')
}

/** An invoice of a renewal covers the period that ended; the first one begins and ends at once. */
function periodOf(lines: StoredInvoiceLine[], reason: NewInvoice['reason'], now: number) {
  if (reason !== 'subscription_cycle') return { period_start: now, period_end: now }
  const start = lines.at(-1)?.period.start ?? now
  const end = lines.at(-1)?.period.end ?? now
  return { period_start: start - (end - start), period_end: start }
}

function intentFor(standIn: StandIn, invoice: StoredInvoice) {
  return createPaymentIntent(standIn, {
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: invoice.customer,
    invoice: invoice.id,
    description:
      invoice.billing_reason === 'subscription_create' ? 'Subscription creation' : 'Subscription update',
    receiptEmail: invoice.customer_email,
  })
}

/** What an invoice gives back is kept as credit, which later invoices use up. */
function applyBalance(standIn: StandIn, invoice: StoredInvoice): void {
  const customer = standIn.store.customers.get(invoice.customer ?? '')
  const before = customer?.balance ?? 0
  const after = invoice.total < 0 ? before + invoice.total : Math.min(0, before + invoice.total)
  invoice.starting_balance = before
  invoice.ending_balance = after
  invoice.amount_due = Math.max(0, invoice.total + before)
  invoice.amount_remaining = invoice.amount_due
  if (customer && after !== before) updateCustomer(standIn, customer, { balance: after })
}

function nextNumber({ store }: StandIn, invoice: StoredInvoice): string {
  const customer = store.customers.get(invoice.customer ?? '')
  const sequence = customer?.next_invoice_sequence ?? 1
  if (customer) customer.next_invoice_sequence = sequence + 1
  return `${customer?.invoice_prefix ?? 'STANDIN'}-${String(sequence).padStart(4, '0')}`
}
