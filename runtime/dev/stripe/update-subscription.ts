import { collectInvoice } from './collect-invoice.ts'
import { change } from './events.ts'
import { periodLine } from './invoice-lines.ts'
import { createInvoice, finalizeInvoice, newInvoiceId } from './invoices.ts'
import { nextPeriodEnd } from './period.ts'
import { keepForNextInvoice, prorate, takePendingLines } from './proration.ts'
import type { StandIn } from './stand-in.ts'
import type { StoredInvoiceLine, StoredSubscription } from './stored.ts'
import { invalidRequest } from './stripe-error.ts'
import { changeItems, type ItemUpdate } from './subscription-items.ts'
import { currentPeriod, isLive, planAhead } from './subscription-status.ts'
import { intervalOf } from './subscriptions.ts'

export interface SubscriptionChanges {
  items?: ItemUpdate[]
  prorationBehavior?: 'always_invoice' | 'create_prorations' | 'none'
  cancelAtPeriodEnd?: boolean
  /** Seconds since the epoch; null takes a planned end back. */
  cancelAt?: number | null
  trialEnd?: number | 'now'
  metadata?: Record<string, string>
  description?: string | null
  defaultPaymentMethod?: string | null
  cancellation?: { comment?: string; feedback?: string }
}

/** Changes a subscription with one event, and invoices at once what cannot wait for the next period. */
export function updateSubscription(
  standIn: StandIn,
  subscription: StoredSubscription,
  changes: SubscriptionChanges,
): StoredSubscription {
  if (!isLive(subscription)) {
    throw invalidRequest('A canceled subscription can only update its cancellation_details and metadata.')
  }
  const invoiceId = newInvoiceId(standIn)
  let lines: StoredInvoiceLine[] = []
  change(standIn, 'customer.subscription.updated', subscription, () => {
    applyFields(subscription, changes)
    lines = [...applyItems(standIn, subscription, changes), ...applyTrial(standIn, subscription, changes)]
    applyCancellation(standIn, subscription, changes)
    if (lines.length > 0) subscription.latest_invoice = invoiceId
  })
  planAhead(standIn, subscription, changes.trialEnd !== undefined)
  if (lines.length === 0) return subscription

  const invoice = createInvoice(standIn, {
    id: invoiceId,
    subscription,
    reason: 'subscription_update',
    lines,
  })
  finalizeInvoice(standIn, invoice)
  collectInvoice(standIn, invoice, { automatic: true })
  return subscription
}

function applyFields(subscription: StoredSubscription, changes: SubscriptionChanges): void {
  if (changes.metadata !== undefined) subscription.metadata = changes.metadata
  if (changes.description !== undefined) subscription.description = changes.description
  if (changes.defaultPaymentMethod !== undefined) {
    subscription.default_payment_method = changes.defaultPaymentMethod
  }
}

/** @returns what is invoiced at once */
function applyItems(
  standIn: StandIn,
  subscription: StoredSubscription,
  { items = [], prorationBehavior = 'create_prorations' }: SubscriptionChanges,
): StoredInvoiceLine[] {
  if (items.length === 0) return []
  const period = currentPeriod(subscription)
  const oldInterval = intervalOf(subscription.items.data[0]?.price)
  const itemChanges = changeItems(standIn, subscription, items)
  const newInterval = intervalOf(subscription.items.data[0]?.price)
  const restarts =
    oldInterval.interval !== newInterval.interval || oldInterval.interval_count !== newInterval.interval_count
  if (subscription.status === 'trialing') return []

  const prorated =
    prorationBehavior === 'none' ? [] : itemChanges.flatMap((one) => prorate(standIn, one, period))
  if (restarts) {
    const credit = prorated.filter((line) => line.amount < 0)
    return [...credit, ...startPeriod(standIn, subscription)]
  }
  if (prorationBehavior === 'always_invoice')
    return [...takePendingLines(standIn, subscription.id), ...prorated]
  keepForNextInvoice(standIn, subscription.id, prorated)
  return []
}

/** @returns what is invoiced at once */
function applyTrial(
  standIn: StandIn,
  subscription: StoredSubscription,
  { trialEnd }: SubscriptionChanges,
): StoredInvoiceLine[] {
  if (trialEnd === undefined) return []
  const now = standIn.clock.seconds()
  if (trialEnd === 'now' || trialEnd <= now) {
    if (subscription.status !== 'trialing') return []
    subscription.trial_end = now
    subscription.status = 'active'
    return startPeriod(standIn, subscription)
  }
  subscription.trial_start ??= now
  subscription.trial_end = trialEnd
  subscription.billing_cycle_anchor = trialEnd
  subscription.status = 'trialing'
  for (const item of subscription.items.data) item.current_period_end = trialEnd
  return []
}

/** Begins a billing cycle now. */
function startPeriod(standIn: StandIn, subscription: StoredSubscription): StoredInvoiceLine[] {
  const now = standIn.clock.seconds()
  subscription.billing_cycle_anchor = now
  for (const item of subscription.items.data) {
    item.current_period_start = now
    item.current_period_end = nextPeriodEnd(now, now, intervalOf(item.price))
  }
  return subscription.items.data.map((item) => periodLine(standIn, item))
}

function applyCancellation(
  standIn: StandIn,
  subscription: StoredSubscription,
  { cancelAtPeriodEnd, cancelAt, cancellation }: SubscriptionChanges,
): void {
  const details = { comment: null, feedback: null, feedback_option: null, reason: null }
  const kept = { ...details, ...subscription.cancellation_details, ...cancellation }
  subscription.cancellation_details = kept as StoredSubscription['cancellation_details']
  const { end } = currentPeriod(subscription)
  if (cancelAtPeriodEnd === undefined && cancelAt === undefined) {
    if (subscription.cancel_at_period_end) subscription.cancel_at = end
    return
  }
  const planned = cancelAtPeriodEnd ? end : (cancelAt ?? null)
  subscription.cancel_at_period_end = cancelAtPeriodEnd ?? false
  subscription.cancel_at = planned
  subscription.canceled_at = planned === null ? null : standIn.clock.seconds()
  subscription.cancellation_details!.reason = planned === null ? null : 'cancellation_requested'
}
