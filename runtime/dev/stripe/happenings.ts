import type { Happening } from './agenda.ts'
import { expireCheckoutSession } from './checkout-sessions.ts'
import { collectInvoice, isProcessing, subscriptionOf, voidInvoice } from './collect-invoice.ts'
import { emit } from './events.ts'
import { finalizeInvoice } from './invoices.ts'
import { renewSubscription } from './renew-subscription.ts'
import { settleDebit } from './settle-debit.ts'
import type { StandIn } from './stand-in.ts'
import type { StoredSubscription } from './stored.ts'
import { endSubscription, expireIncomplete, isLive } from './subscription-status.ts'

const handlers: Record<Happening, (standIn: StandIn, id: string) => void> = {
  'checkout-expires'(standIn, id) {
    const session = standIn.store.checkoutSessions.get(id)
    if (session?.status === 'open') expireCheckoutSession(standIn, session)
  },
  'trial-will-end': onSubscription((standIn, subscription) => {
    if (subscription.status === 'trialing')
      emit(standIn, 'customer.subscription.trial_will_end', subscription)
  }),
  'period-ends': onSubscription(renewSubscription),
  'subscription-ends': onSubscription((standIn, subscription) =>
    endSubscription(standIn, subscription, 'cancellation_requested'),
  ),
  'incomplete-expires': onSubscription((standIn, subscription) => {
    if (subscription.status !== 'incomplete') return
    const invoice = standIn.store.invoices.get(subscription.latest_invoice ?? '')
    expireIncomplete(standIn, subscription)
    if (invoice?.status === 'open') voidInvoice(standIn, invoice)
  }),
  'invoice-finalizes'(standIn, id) {
    const invoice = standIn.store.invoices.get(id)
    if (invoice?.status !== 'draft') return
    finalizeInvoice(standIn, invoice)
    collectInvoice(standIn, invoice, { automatic: true })
  },
  'payment-retries'(standIn, id) {
    const invoice = standIn.store.invoices.get(id)
    const subscription = invoice && subscriptionOf(standIn, invoice)
    if (invoice?.status !== 'open' || !subscription || !isLive(subscription)) return
    if (isProcessing(standIn, invoice)) return
    collectInvoice(standIn, invoice, { automatic: true })
  },
  'debit-settles'(standIn, id) {
    if (standIn.store.paymentIntents.get(id)?.status === 'processing') settleDebit(standIn, id, true)
  },
}

/** Lets everything happen that is due, the earliest first, each at its own time. */
export function letHappen(standIn: StandIn, untilSeconds: number, testClock: string | null = null): void {
  const { agenda, clock } = standIn
  for (
    let entry = agenda.take(untilSeconds, testClock);
    entry;
    entry = agenda.take(untilSeconds, testClock)
  ) {
    const { happening, id, at } = entry
    clock.during(at * 1000, () => handlers[happening](standIn, id))
  }
}

function onSubscription(handle: (standIn: StandIn, subscription: StoredSubscription) => void) {
  return (standIn: StandIn, id: string) => {
    const subscription = standIn.store.subscriptions.get(id)
    if (subscription && isLive(subscription)) handle(standIn, subscription)
  }
}
