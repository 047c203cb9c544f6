import { change } from './events.ts'
import { periodLine } from './invoice-lines.ts'
import { createInvoice, newInvoiceId } from './invoices.ts'
import { nextPeriodEnd } from './period.ts'
import { takePendingLines } from './proration.ts'
import type { StandIn } from './stand-in.ts'
import type { StoredSubscription } from './stored.ts'
import { currentPeriod, endSubscription, planAhead } from './subscription-status.ts'
import { intervalOf } from './subscriptions.ts'

/** How long the invoice of a renewal stays a draft. */
const DRAFT_SECONDS = 3600

/** Begins the next period, also that after a trial, with a draft that Stripe collects an hour later. */
export function renewSubscription(standIn: StandIn, subscription: StoredSubscription): void {
  if (subscription.status === 'incomplete') return
  if (subscription.status === 'trialing' && endsWithoutMethod(standIn, subscription)) {
    endSubscription(standIn, subscription, 'payment_failed')
    return
  }
  const { end } = currentPeriod(subscription)
  const invoiceId = newInvoiceId(standIn)
  change(standIn, 'customer.subscription.updated', subscription, () => {
    if (subscription.status === 'trialing') subscription.status = 'active'
    subscription.latest_invoice = invoiceId
    for (const item of subscription.items.data) {
      item.current_period_start = end
      item.current_period_end = nextPeriodEnd(subscription.billing_cycle_anchor, end, intervalOf(item.price))
    }
  })
  createInvoice(standIn, {
    id: invoiceId,
    subscription,
    reason: 'subscription_cycle',
    lines: [
      ...takePendingLines(standIn, subscription.id),
      ...subscription.items.data.map((item) => periodLine(standIn, item)),
    ],
    finalizesAt: standIn.clock.seconds() + DRAFT_SECONDS,
  })
  planAhead(standIn, subscription)
}

function endsWithoutMethod({ store }: StandIn, subscription: StoredSubscription): boolean {
  if (subscription.trial_settings?.end_behavior.missing_payment_method !== 'cancel') return false
  const customer = store.customers.get(subscription.customer)
  return !subscription.default_payment_method && !customer?.invoice_settings.default_payment_method
}
