import { describe, expect, test } from 'vitest'
import { amountText } from '../../../lib/billing/money.ts'
import { StripeShapeError } from '../../../lib/billing/stripe-fields.ts'
import {
  normaliseInvoice,
  normalisePaymentIntent,
  normaliseSubscription,
} from '../../../lib/billing/stripe-shapes.ts'

const [START, END] = [1_800_000_000, 1_802_592_000]
const COMMON = {
  id: 'sub_1',
  object: 'subscription',
  customer: 'cus_1',
  status: 'active',
  start_date: START,
  created: START,
}
const PRICE = { id: 'price_1', lookup_key: 'standard' }
const PERIOD = { current_period_start: START, current_period_end: END }

describe('a subscription reads the same', () => {
  const read = {
    id: 'sub_1',
    customerId: 'cus_1',
    status: 'active',
    periodStart: START * 1000,
    periodEnd: END * 1000,
    items: [{ priceId: 'price_1', lookupKey: 'standard', quantity: 2 }],
  }

  test('from the shape of 2024, whose period stands on the subscription', () => {
    const items = { data: [{ quantity: 2, price: PRICE }] }
    expect(normaliseSubscription({ ...COMMON, ...PERIOD, items })).toMatchObject(read)
  })

  test('from the current shape, whose period stands on the items', () => {
    const items = { data: [{ quantity: 2, price: PRICE, ...PERIOD }] }
    expect(normaliseSubscription({ ...COMMON, items })).toMatchObject(read)
  })

  test('from an old shape, whose items carry a plan, with the customer expanded', () => {
    const items = { data: [{ quantity: 2, plan: { id: 'price_1' } }] }
    const customer = { id: 'cus_1', object: 'customer' }
    expect(normaliseSubscription({ ...COMMON, ...PERIOD, customer, items })).toMatchObject({
      ...read,
      items: [{ priceId: 'price_1', lookupKey: null, quantity: 2 }],
    })
  })
})

describe('an invoice', () => {
  const invoice = { id: 'in_1', object: 'invoice', currency: 'eur', amount_due: 2900, created: START }

  test.each([
    ['2024', { subscription: 'sub_1' }],
    ['current', { parent: { subscription_details: { subscription: 'sub_1' } } }],
  ])('names its subscription in the %s shape', (_shape, over) => {
    expect(normaliseInvoice({ ...invoice, ...over })).toMatchObject({
      subscriptionId: 'sub_1',
      amountDue: 2900,
    })
  })

  test.each([
    ['an amount that is text', { amount_due: '2900' }],
    ['an amount that no double holds', { amount_due: 2 ** 60 }],
    ['an id that no key holds', { id: `in_${'x'.repeat(253)}` }],
    ['a customer whose id no key holds', { customer: `cus_${'x'.repeat(252)}` }],
    ['an id that no URL can name', { id: 'in_\ud800' }],
    ['no currency', { currency: undefined }],
    ['another kind of object', { object: 'charge' }],
  ])('with %s is refused, and its values are not told', (_name, over) => {
    expect(() => normaliseInvoice({ ...invoice, ...over })).toThrow(StripeShapeError)
    expect(() => normaliseInvoice({ ...invoice, ...over })).not.toThrow(/2900/)
  })
})

test('a payment tells whether it has an invoice only where the version does', () => {
  const intent = { id: 'pi_1', object: 'payment_intent', amount: 500, currency: 'usd' }
  expect(normalisePaymentIntent(intent).invoiceId).toBeUndefined()
  expect(normalisePaymentIntent({ ...intent, invoice: null }).invoiceId).toBeNull()
  expect(normalisePaymentIntent({ ...intent, invoice: 'in_1' }).invoiceId).toBe('in_1')
})

test.each([
  [2900, 'eur', '29.00'],
  [5, 'USD', '0.05'],
  [500, 'jpy', '500'],
  [1234, 'kwd', '1.234'],
  [-2900, 'eur', '-29.00'],
  [0, 'eur', '0.00'],
  [100, 'zzz', '1.00'],
])('%i minor units of %s are %s', (minor, currency, text) => {
  expect(amountText(minor, currency)).toBe(text)
})
