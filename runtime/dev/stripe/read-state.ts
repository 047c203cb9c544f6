import type { Store } from './store.ts'

type Items<Name extends keyof Store> = Store[Name] extends Map<string, infer Item> ? readonly Item[] : never

/** What the account holds, each kind the oldest first. */
export interface State {
  customers(): Items<'customers'>
  products(): Items<'products'>
  prices(): Items<'prices'>
  sessions(): Items<'checkoutSessions'>
  portalSessions(): Items<'portalSessions'>
  subscriptions(): Items<'subscriptions'>
  invoices(): Items<'invoices'>
  invoicePayments(): Items<'invoicePayments'>
  paymentIntents(): Items<'paymentIntents'>
  charges(): Items<'charges'>
  refunds(): Items<'refunds'>
  endpoints(): Items<'webhookEndpoints'>
  events(): Items<'events'>
}

export function readState(store: Store): State {
  return {
    customers: () => [...store.customers.values()],
    products: () => [...store.products.values()],
    prices: () => [...store.prices.values()],
    sessions: () => [...store.checkoutSessions.values()],
    portalSessions: () => [...store.portalSessions.values()],
    subscriptions: () => [...store.subscriptions.values()],
    invoices: () => [...store.invoices.values()],
    invoicePayments: () => [...store.invoicePayments.values()],
    paymentIntents: () => [...store.paymentIntents.values()],
    charges: () => [...store.charges.values()],
    refunds: () => [...store.refunds.values()],
    endpoints: () => [...store.webhookEndpoints.values()],
    events: () => [...store.events.values()],
  }
}
