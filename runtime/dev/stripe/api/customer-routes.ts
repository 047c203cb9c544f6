import * as z from 'zod'
import { createCustomer, deleteCustomer, updateCustomer } from '../customers.ts'
import { attachPaymentMethod, createPaymentMethod, makeDefault, TEST_METHODS } from '../payment-methods.ts'
import type { StandIn } from '../stand-in.ts'
import type { StoredCustomer, StoredPaymentMethod } from '../stored.ts'
import { found } from '../stripe-error.ts'
import { inTimeOf } from '../test-clock-time.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { listPage, within } from './list.ts'
import {
  clearable,
  ignored,
  mergeMetadata,
  metadata,
  newMetadata,
  paging,
  text,
  timeRange,
} from './params.ts'

const fields = {
  email: clearable.optional(),
  name: clearable.optional(),
  phone: clearable.optional(),
  description: clearable.optional(),
  metadata: metadata.optional(),
  invoice_settings: z.strictObject({ default_payment_method: clearable.optional() }).optional(),
  address: ignored,
  preferred_locales: ignored,
  tax_exempt: ignored,
}
const newCustomer = z.strictObject({
  ...fields,
  payment_method: text.optional(),
  test_clock: text.optional(),
})
const listed = z.strictObject({
  ...paging,
  email: text.optional(),
  created: timeRange.optional(),
  test_clock: text.optional(),
})
const anyCustomer = ({ store }: StandIn, id: string) =>
  store.deletedCustomers.get(id) ?? found(store.customers, 'customer', id)

export const customerRoutes: ApiRoute[] = [
  apiRoute('POST', '/v1/customers', newCustomer, ({ standIn, params }) => {
    const { metadata: sent, payment_method: method, test_clock: testClock } = params
    if (testClock) found(standIn.store.testClocks, 'test clock', testClock, 'test_clock')
    return inTimeOf(standIn, testClock, () => {
      const customer = createCustomer(standIn, { ...params, metadata: newMetadata(sent), testClock })
      if (method) attachPaymentMethod(standIn, customer, methodNamed(standIn, method))
      return customer
    })
  }),
  apiRoute('GET', '/v1/customers', listed, ({ standIn, params: { email, created, test_clock, ...page } }) => {
    const matches = [...standIn.store.customers.values()].filter(
      (customer) =>
        (email === undefined || customer.email === email) &&
        (test_clock === undefined || customer.test_clock === test_clock) &&
        within(customer.created, created),
    )
    return listPage('/v1/customers', matches, page)
  }),
  apiRoute('GET', '/v1/customers/:id', z.strictObject({}), ({ standIn, id }) => anyCustomer(standIn, id)),
  apiRoute('POST', '/v1/customers/:id', z.strictObject(fields), ({ standIn, id, params }) => {
    const customer = found(standIn.store.customers, 'customer', id)
    return inTimeOf(standIn, customer.test_clock, () => update(standIn, customer, params))
  }),
  apiRoute('DELETE', '/v1/customers/:id', z.strictObject({}), ({ standIn, id }) => {
    const customer = found(standIn.store.customers, 'customer', id)
    return inTimeOf(standIn, customer.test_clock, () => deleteCustomer(standIn, customer))
  }),
  apiRoute(
    'GET',
    '/v1/customers/:id/payment_methods',
    z.strictObject({ ...paging, type: ignored }),
    (call) => {
      const { store } = call.standIn
      const { type: _, ...page } = call.params
      const methods = [...store.paymentMethods.values()].filter(({ customer }) => customer === call.id)
      return listPage(`/v1/customers/${call.id}/payment_methods`, methods, page)
    },
  ),
  apiRoute('GET', '/v1/payment_methods/:id', z.strictObject({}), ({ standIn, id }) =>
    found(standIn.store.paymentMethods, 'PaymentMethod', id),
  ),
  apiRoute(
    'POST',
    '/v1/payment_methods/:id/attach',
    z.strictObject({ customer: text }),
    ({ standIn, id, params }) => {
      const customer = found(standIn.store.customers, 'customer', params.customer, 'customer')
      const method = methodNamed(standIn, id)
      attachPaymentMethod(standIn, customer, method)
      return method
    },
  ),
]

/** A method of payment by its id, or by Stripe's own name of one for tests. */
export function methodNamed(standIn: StandIn, name: string): StoredPaymentMethod {
  const kind = Object.hasOwn(TEST_METHODS, name) ? TEST_METHODS[name] : undefined
  if (kind) return createPaymentMethod(standIn, kind)
  return found(standIn.store.paymentMethods, 'PaymentMethod', name, 'payment_method')
}

function update(
  standIn: StandIn,
  customer: StoredCustomer,
  params: z.infer<z.ZodObject<typeof fields>>,
): StoredCustomer {
  const { email, name, phone, description, invoice_settings: settings } = params
  const merged = mergeMetadata(customer.metadata, params.metadata)
  updateCustomer(standIn, customer, { email, name, phone, description, ...(merged && { metadata: merged }) })
  const method = settings?.default_payment_method
  if (method) makeDefault(standIn, customer, found(standIn.store.paymentMethods, 'PaymentMethod', method).id)
  return customer
}
