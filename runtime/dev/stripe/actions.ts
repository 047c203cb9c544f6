import { expireCheckoutSession } from './checkout-sessions.ts'
import { collectInvoice, isProcessing, voidInvoice } from './collect-invoice.ts'
import { completeCheckout, type Purchase } from './complete-checkout.ts'
import { moveCustomer } from './customer-clock.ts'
import { createCustomer, deleteCustomer, type NewCustomer, updateCustomer } from './customers.ts'
import { attachPaymentMethod, createPaymentMethod, type PaymentKind } from './payment-methods.ts'
import { createPrice, type NewPrice } from './prices.ts'
import { createProduct, type NewProduct } from './products.ts'
import { createRefund } from './refunds.ts'
import { settleDebit } from './settle-debit.ts'
import type { StandIn } from './stand-in.ts'
import type * as stored from './stored.ts'
import { found } from './stripe-error.ts'
import { endSubscription } from './subscription-status.ts'
import { createSubscription } from './subscriptions.ts'
import { inTimeOf } from './test-clock-time.ts'
import { type SubscriptionChanges, updateSubscription } from './update-subscription.ts'
import { createWebhookEndpoint, type NewWebhookEndpoint, rollSecret } from './webhook-endpoints.ts'

export interface DashboardSubscription {
  customer: string
  price: string
  quantity?: number
  metadata?: Record<string, string>
  trialDays?: number
}

export type PayResult = { paid: true; redirectTo: string } | { paid: false; message: string }

/** What buyers, the dashboard and banks do, as functions. Resources are named by their ids; each is one moment. */
export type Actions = ReturnType<typeof createActions>

/** @param act carries work out in one moment of the account's time */
export function createActions(standIn: StandIn, act: <T>(work: () => T) => T) {
  const { store } = standIn
  const session = (id: string) => found(store.checkoutSessions, 'checkout.session', id)
  const customer = (id: string) => found(store.customers, 'customer', id)
  const invoice = (id: string) => found(store.invoices, 'invoice', id)
  const onSubscription = <T>(id: string, work: (subscription: stored.StoredSubscription) => T) => {
    const subscription = found(store.subscriptions, 'subscription', id)
    return act(() => inTimeOf(standIn, subscription.test_clock, () => work(subscription)))
  }
  const update = (id: string, changes: SubscriptionChanges) =>
    onSubscription(id, (subscription) => updateSubscription(standIn, subscription, changes))

  return {
    createProduct: (wanted: NewProduct) => act(() => createProduct(standIn, wanted)),
    createPrice: (wanted: NewPrice) => act(() => createPrice(standIn, wanted)),
    createCustomer: (wanted: NewCustomer = {}) => act(() => createCustomer(standIn, wanted)),
    createWebhookEndpoint: (wanted: NewWebhookEndpoint) => act(() => createWebhookEndpoint(standIn, wanted)),
    moveWebhookEndpoint: (id: string, url: string) =>
      act(() => Object.assign(found(store.webhookEndpoints, 'webhook endpoint', id), { url })),

    /** The buyer presses Pay on the page of the session. */
    pay(sessionId: string, purchase: Partial<Purchase> = {}): PayResult {
      const paidSession = session(sessionId)
      const message = act(() => completeCheckout(standIn, paidSession, { card: 'ok', ...purchase }))
      return message === undefined
        ? { paid: true, redirectTo: successUrl(paidSession) }
        : { paid: false, message }
    },
    /** The buyer goes back; the session stays open. @returns where to */
    cancelCheckout: (sessionId: string) => session(sessionId).cancel_url,
    expireCheckout: (sessionId: string) => act(() => expireCheckoutSession(standIn, session(sessionId))),
    /** The bank answers the debit with which a session was paid. */
    settleAsync(sessionId: string, ok: boolean): void {
      const { invoice: invoiceId, payment_intent: intentId } = session(sessionId)
      const intent = intentId ?? store.invoices.get(invoiceId ?? '')?.payment_intent ?? ''
      act(() => settleDebit(standIn, intent, ok))
    },

    /** A subscription that somebody makes in the dashboard, paid with what the customer has. */
    createSubscription: ({ customer: id, price, quantity = 1, metadata, trialDays }: DashboardSubscription) =>
      act(() =>
        inTimeOf(standIn, customer(id).test_clock, () =>
          createSubscription(standIn, {
            customer: customer(id),
            items: [{ price: found(store.prices, 'price', price), quantity }],
            metadata,
            trialEnd: trialDays === undefined ? null : standIn.clock.seconds() + trialDays * 86_400,
          }),
        ),
      ),
    updateSubscription: update,
    /** Takes another price, for the rest of the period at once. */
    changePlan: (id: string, price: string, { quantity }: { quantity?: number } = {}) =>
      onSubscription(id, (subscription) =>
        updateSubscription(standIn, subscription, {
          items: [
            { id: subscription.items.data[0]!.id, price: found(store.prices, 'price', price), quantity },
          ],
          prorationBehavior: 'always_invoice',
        }),
      ),
    cancelNow: (id: string) =>
      onSubscription(id, (subscription) => endSubscription(standIn, subscription, 'cancellation_requested')),
    cancelAtPeriodEnd: (id: string) => update(id, { cancelAtPeriodEnd: true }),
    resume: (id: string) => update(id, { cancelAtPeriodEnd: false }),

    updateCustomer: (id: string, fields: Partial<stored.StoredCustomer>) =>
      act(() => updateCustomer(standIn, customer(id), fields)),
    deleteCustomer: (id: string) => act(() => deleteCustomer(standIn, customer(id))),
    /** What the customer pays with from now on. */
    setPaymentMethod: (id: string, kind: PaymentKind) =>
      act(() =>
        inTimeOf(standIn, customer(id).test_clock, () =>
          attachPaymentMethod(standIn, customer(id), createPaymentMethod(standIn, kind)),
        ),
      ),

    paymentMethodOf: (id: string) =>
      store.paymentMethods.get(customer(id).invoice_settings.default_payment_method ?? ''),
    /** The time of a customer that has a clock of its own, in milliseconds. */
    timeOf(id: string): number | undefined {
      const frozen = store.testClocks.get(customer(id).test_clock ?? '')
      return frozen && frozen.frozen_time * 1000
    },
    /** Moves one customer's time on, whether it began under a test clock or not. @param toMs since the epoch */
    moveCustomer: (id: string, toMs: number) =>
      act(() => moveCustomer(standIn, customer(id), Math.ceil(toMs / 1000))),

    /** Collects an open invoice now, outside of Stripe's schedule. @returns whether it is paid */
    retryInvoice: (id: string) =>
      act(() => inTimeOf(standIn, invoice(id).test_clock, () => collect(standIn, invoice(id)))),
    voidInvoice: (id: string) =>
      act(() => inTimeOf(standIn, invoice(id).test_clock, () => voidInvoice(standIn, invoice(id)))),
    /** @param amount minor units; default all that is left */
    refund: (chargeId: string, amount?: number) =>
      act(() => createRefund(standIn, found(store.charges, 'charge', chargeId), { amount })),
    /** Gives an endpoint another secret. @returns it */
    rollSecret: (endpointId: string, overlapSeconds = 86_400) =>
      act(() =>
        rollSecret(standIn, found(store.webhookEndpoints, 'webhook endpoint', endpointId), overlapSeconds),
      ),
  }
}

/** Where a paid session leads, with its id filled in. */
export function successUrl({ id, success_url: url }: stored.StoredCheckoutSession): string {
  return (url ?? '').replaceAll('{CHECKOUT_SESSION_ID}', id)
}

function collect(standIn: StandIn, invoice: stored.StoredInvoice): boolean {
  if (invoice.status !== 'open' || isProcessing(standIn, invoice)) return false
  return collectInvoice(standIn, invoice, { automatic: false }) === 'succeeded'
}
