import type * as stored from './stored.ts'

/** Everything that the account holds; each collection the oldest first. */
export interface Store {
  customers: Map<string, stored.StoredCustomer>
  deletedCustomers: Map<string, { id: string; object: 'customer'; deleted: true }>
  products: Map<string, stored.StoredProduct>
  prices: Map<string, stored.StoredPrice>
  paymentMethods: Map<string, stored.StoredPaymentMethod>
  checkoutSessions: Map<string, stored.StoredCheckoutSession>
  subscriptions: Map<string, stored.StoredSubscription>
  pendingLines: Map<string, stored.PendingLine>
  invoices: Map<string, stored.StoredInvoice>
  invoicePayments: Map<string, stored.StoredInvoicePayment>
  paymentIntents: Map<string, stored.StoredPaymentIntent>
  charges: Map<string, stored.StoredCharge>
  refunds: Map<string, stored.StoredRefund>
  portalSessions: Map<string, stored.StoredPortalSession>
  webhookEndpoints: Map<string, stored.StoredWebhookEndpoint>
  testClocks: Map<string, stored.StoredTestClock>
  events: Map<string, stored.StoredEvent>
  /** Answers by idempotency key. */
  answers: Map<string, stored.StoredAnswer>
}

export type Collection = keyof Store

export function createStore(): Store {
  return {
    customers: new Map(),
    deletedCustomers: new Map(),
    products: new Map(),
    prices: new Map(),
    paymentMethods: new Map(),
    checkoutSessions: new Map(),
    subscriptions: new Map(),
    pendingLines: new Map(),
    invoices: new Map(),
    invoicePayments: new Map(),
    paymentIntents: new Map(),
    charges: new Map(),
    refunds: new Map(),
    portalSessions: new Map(),
    webhookEndpoints: new Map(),
    testClocks: new Map(),
    events: new Map(),
    answers: new Map(),
  }
}

export type SavedStore = Record<string, { id: string }[]>

export function saveStore(store: Store): SavedStore {
  return Object.fromEntries(Object.entries(store).map(([name, items]) => [name, [...items.values()]]))
}

/** Replaces what the store holds; a collection that was not saved becomes empty. */
export function loadStore(store: Store, saved: SavedStore): void {
  for (const [name, items] of Object.entries(store) as [Collection, Map<string, unknown>][]) {
    items.clear()
    for (const item of saved[name] ?? []) items.set(item.id, item)
  }
}
