import type { StandIn } from '../stand-in.ts'
import type { Collection } from '../store.ts'
import { invalidRequest } from '../stripe-error.ts'

type Expandable = Record<string, unknown>

/** Fields that hold the id of another resource. */
const REFERENCES: Record<string, Collection> = {
  charge: 'charges',
  customer: 'customers',
  default_payment_method: 'paymentMethods',
  invoice: 'invoices',
  latest_charge: 'charges',
  latest_invoice: 'invoices',
  payment_intent: 'paymentIntents',
  payment_method: 'paymentMethods',
  price: 'prices',
  product: 'products',
  subscription: 'subscriptions',
  test_clock: 'testClocks',
}

/** Lists that stand in a resource on request alone, by the resource's kind. */
const INCLUDED: Record<string, (standIn: StandIn, resource: Expandable) => { url: string; data: unknown[] }> =
  {
    'checkout.session.line_items': (_standIn, { id, items }) => ({
      url: `/v1/checkout/sessions/${id}/line_items`,
      data: items as unknown[],
    }),
    'charge.refunds': (_standIn, { id, refund_items: refunds }) => ({
      url: `/v1/charges/${id}/refunds`,
      data: refunds as unknown[],
    }),
    'customer.subscriptions': ({ store }, { id }) => ({
      url: `/v1/customers/${id}/subscriptions`,
      data: [...store.subscriptions.values()].filter(
        ({ customer, status }) => customer === id && status !== 'canceled',
      ),
    }),
    'invoice.payments': ({ store }, { id }) => ({
      url: `/v1/invoice_payments?invoice=${id}`,
      data: [...store.invoicePayments.values()].filter(({ invoice }) => invoice === id),
    }),
  }

/** Puts resources in the place of their ids. @param paths such as `data.customer` @throws 400 for what cannot be expanded */
export function expand(standIn: StandIn, value: unknown, paths: string[]): void {
  for (const path of paths) expandPath(standIn, value, path.split('.'), path)
}

function expandPath(standIn: StandIn, value: unknown, [name, ...rest]: string[], path: string): void {
  if (name === undefined || value === null || typeof value !== 'object') return
  if (Array.isArray(value)) {
    for (const item of value) expandPath(standIn, item, [name, ...rest], path)
    return
  }
  const resource = value as Expandable
  const include = INCLUDED[`${resource['object']}.${name}`]
  if (include && (resource[name] === undefined || resource[name] === null)) {
    const { url, data } = include(standIn, resource)
    resource[name] = { object: 'list', data: structuredClone(data), has_more: false, url }
  } else if (!(name in resource)) {
    throw invalidRequest(`This property cannot be expanded (${path}).`, { param: 'expand[0]' })
  } else if (typeof resource[name] === 'string') {
    resource[name] = resolve(standIn, name, resource[name], path)
  }
  expandPath(standIn, resource[name], rest, path)
}

function resolve({ store }: StandIn, name: string, id: string, path: string): unknown {
  const collection = REFERENCES[name]
  if (!collection) throw invalidRequest(`This property cannot be expanded (${path}).`, { param: 'expand[0]' })
  const deleted = collection === 'customers' ? store.deletedCustomers.get(id) : undefined
  return structuredClone(store[collection].get(id) ?? deleted ?? id)
}
