import { collectInvoice } from './collect-invoice.ts'
import { emit } from './events.ts'
import { periodLine } from './invoice-lines.ts'
import { createInvoice, finalizeInvoice, newInvoiceId } from './invoices.ts'
import { nextPeriodEnd } from './period.ts'
import { type Interval, planOf } from './prices.ts'
import { newId, type StandIn } from './stand-in.ts'
import type { StoredCustomer, StoredPrice, StoredSubscription, StoredSubscriptionItem } from './stored.ts'
import { invalidRequest } from './stripe-error.ts'
import { planAhead } from './subscription-status.ts'

export interface NewSubscription {
  customer: StoredCustomer
  items: { price: StoredPrice; quantity: number }[]
  metadata?: Record<string, string>
  description?: string | null
  /** Seconds since the epoch. */
  trialEnd?: number | null
  defaultPaymentMethod?: string | null
  missingPaymentMethod?: 'cancel' | 'create_invoice'
  /** Checkout makes the subscription when its payment is sure; any other begins `incomplete`. */
  checkout?: { paymentIntent: string | null }
}

/** How long the first payment may take before the subscription is given up. */
const INCOMPLETE_SECONDS = 23 * 3600

/** Makes a subscription with its first invoice, and collects that at once. */
export function createSubscription(standIn: StandIn, wanted: NewSubscription): StoredSubscription {
  const { store, agenda, clock } = standIn
  const { customer, trialEnd = null, checkout } = wanted
  const invoiceId = newInvoiceId(standIn)
  const trialing = trialEnd !== null && trialEnd > clock.seconds()
  const subscription = newSubscription(standIn, wanted, trialing)
  subscription.latest_invoice = invoiceId
  customer.currency ??= subscription.currency
  store.subscriptions.set(subscription.id, subscription)
  emit(standIn, 'customer.subscription.created', subscription)

  const invoice = createInvoice(standIn, {
    id: invoiceId,
    subscription,
    reason: 'subscription_create',
    lines: subscription.items.data.map((item) => periodLine(standIn, item, trialing)),
    paymentIntent: checkout?.paymentIntent ?? null,
  })
  finalizeInvoice(standIn, invoice)
  planAhead(standIn, subscription, true)
  if (subscription.status === 'incomplete') {
    const expires = clock.seconds() + INCOMPLETE_SECONDS
    agenda.set('incomplete-expires', subscription.id, expires, subscription.test_clock)
  }
  collectInvoice(standIn, invoice, { automatic: true })
  return subscription
}

export function subscriptionItem(
  standIn: StandIn,
  subscription: string,
  { price, quantity }: { price: StoredPrice; quantity: number },
  period: { start: number; end: number },
): StoredSubscriptionItem {
  return {
    id: newId(standIn, 'si', 14),
    object: 'subscription_item',
    billing_thresholds: null,
    created: standIn.clock.seconds(),
    current_period_end: period.end,
    current_period_start: period.start,
    current_trial: null,
    discounts: [],
    metadata: {},
    plan: planOf(price),
    price: structuredClone(price),
    quantity,
    subscription,
    tax_rates: [],
  }
}

/** @throws 400 for a price that is not recurring */
export function intervalOf(price: StoredPrice | undefined): Interval {
  if (!price?.recurring) {
    throw invalidRequest(
      `The price specified is set to \`type=one_time\` but this field only accepts prices with \`type=recurring\`.`,
      { param: 'items[0][price]' },
    )
  }
  return price.recurring as Interval
}

function newSubscription(standIn: StandIn, wanted: NewSubscription, trialing: boolean): StoredSubscription {
  const { customer, checkout } = wanted
  const now = standIn.clock.seconds()
  const trialEnd = trialing ? wanted.trialEnd! : null
  const id = newId(standIn, 'sub')
  const interval = intervalOf(wanted.items[0]?.price)
  const period = { start: now, end: trialEnd ?? nextPeriodEnd(now, now, interval) }
  const items = wanted.items.map((item) => subscriptionItem(standIn, id, item, period))
  return {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: trialEnd ?? now,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: null, type: 'classic' },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: 'charge_automatically',
    created: now,
    currency: wanted.items[0]!.price.currency,
    customer: customer.id,
    customer_account: null,
    days_until_due: null,
    default_payment_method: wanted.defaultPaymentMethod ?? null,
    default_source: null,
    default_tax_rates: [],
    description: wanted.description ?? null,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: { object: 'list', data: items, has_more: false, url: `/v1/subscription_items?subscription=${id}` },
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: { ...wanted.metadata },
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: 'off',
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: now,
    status: trialing ? 'trialing' : checkout ? 'active' : 'incomplete',
    test_clock: customer.test_clock ?? null,
    transfer_data: null,
    trial_end: trialEnd,
    trial_settings: {
      end_behavior: {
        billing_cycle_anchor: null,
        missing_payment_method: wanted.missingPaymentMethod ?? 'create_invoice',
      },
    },
    trial_start: trialing ? now : null,
  }
}
