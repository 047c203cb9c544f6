import { change, emit } from './events.ts'
import { newId, type StandIn } from './stand-in.ts'
import type { StoredCustomer } from './stored.ts'
import { endSubscription, isLive } from './subscription-status.ts'

export interface NewCustomer {
  email?: string | null
  name?: string | null
  phone?: string | null
  description?: string | null
  metadata?: Record<string, string>
  testClock?: string | null
}

export function createCustomer(standIn: StandIn, wanted: NewCustomer): StoredCustomer {
  const id = newId(standIn, 'cus', 14)
  const customer: StoredCustomer = {
    id,
    object: 'customer',
    address: null,
    balance: 0,
    created: standIn.clock.seconds(),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: wanted.description ?? null,
    discount: null,
    email: wanted.email ?? null,
    invoice_prefix: id.slice(-8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: wanted.metadata ?? {},
    name: wanted.name ?? null,
    next_invoice_sequence: 1,
    phone: wanted.phone ?? null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: wanted.testClock ?? null,
  }
  standIn.store.customers.set(id, customer)
  emit(standIn, 'customer.created', customer)
  return customer
}

/** Sets the fields that are given; undefined ones stay. */
export function updateCustomer(
  standIn: StandIn,
  customer: StoredCustomer,
  fields: Partial<StoredCustomer>,
): StoredCustomer {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  change(standIn, 'customer.updated', customer, () => Object.assign(customer, given))
  return customer
}

/** Deletes a customer for good; their subscriptions end at once. */
export function deleteCustomer(standIn: StandIn, customer: StoredCustomer) {
  for (const subscription of standIn.store.subscriptions.values()) {
    if (subscription.customer === customer.id && isLive(subscription)) {
      endSubscription(standIn, subscription, 'cancellation_requested')
    }
  }
  const deleted = { id: customer.id, object: 'customer', deleted: true } as const
  standIn.store.customers.delete(customer.id)
  standIn.store.deletedCustomers.set(customer.id, deleted)
  emit(standIn, 'customer.deleted', customer)
  return deleted
}
