/** Text that no log and no error may repeat. */
export const MARK = 'do-not-tell-4711'
/** When the objects were made, in seconds. */
export const SECOND = 1_800_000_000
export type Json = Record<string, unknown>

export const invoice = (over: Json = {}): Json => ({
  id: 'in_hostile',
  object: 'invoice',
  customer: 'cus_gone',
  status: 'paid',
  currency: 'usd',
  amount_due: 500,
  amount_paid: 500,
  attempt_count: 1,
  created: SECOND,
  livemode: false,
  ...over,
})
export const subscription = (over: Json = {}): Json => ({
  id: 'sub_hostile',
  object: 'subscription',
  customer: 'cus_gone',
  status: 'active',
  items: { object: 'list', data: [{ price: { id: 'price_x', lookup_key: null }, quantity: 1 }] },
  start_date: SECOND,
  created: SECOND,
  livemode: false,
  ...over,
})
export const customer = (over: Json = {}): Json => ({
  id: 'cus_hostile',
  object: 'customer',
  livemode: false,
  ...over,
})
const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown

/** What is odd and can be applied all the same: name, type of the event, object. */
export const PASS: [name: string, type: string, object: Json][] = [
  ['a negative amount', 'invoice.paid', invoice({ id: 'in_negative', amount_due: -500, amount_paid: -500 })],
  ['an unknown currency', 'invoice.paid', invoice({ id: 'in_zzz', currency: 'zzz' })],
  ['the largest whole amount', 'invoice.paid', invoice({ id: 'in_large', amount_paid: 2 ** 53 - 1 })],
  [
    'a subscription that Stripe does not know',
    'invoice.paid',
    invoice({ id: 'in_orphan', subscription: 'sub_none' }),
  ],
  [
    'a status of tomorrow',
    'customer.subscription.updated',
    subscription({ id: 'sub_new', status: 'hibernating' }),
  ],
  [
    '200 levels in metadata',
    'customer.updated',
    customer({ id: 'cus_deep', metadata: { group: 'no-such', deep: nested(200) } }),
  ],
  [
    'NUL, a lone surrogate and four bytes in a name',
    'customer.updated',
    customer({ id: 'cus_odd', name: 'a\u0000\ud800😀' }),
  ],
  [
    'SQL in the name of a group',
    'customer.updated',
    customer({ id: 'cus_sql', metadata: { group: "x' OR 1=1 --" } }),
  ],
  [
    'a group of 16 digits',
    'customer.updated',
    customer({ id: 'cus_digits', metadata: { group: '9007199254740993' } }),
  ],
  [
    'a name of 100,000 characters',
    'customer.updated',
    customer({ id: 'cus_long', name: 'x'.repeat(100_000) }),
  ],
]

/** What cannot be applied, ever: name, type of the event, object. */
export const DEAD: [name: string, type: string, object: Json][] = [
  ['an amount that no double holds', 'invoice.paid', invoice({ amount_paid: 1e300 })],
  ['an amount that is text', 'invoice.paid', invoice({ amount_due: MARK })],
  ['no currency', 'invoice.paid', invoice({ currency: undefined })],
  ['a customer that is a number', 'invoice.paid', invoice({ customer: 5 })],
  ['a status that is a list', 'customer.subscription.updated', subscription({ status: [MARK] })],
  ['a time that no date shows', 'customer.subscription.updated', subscription({ trial_end: 9e15 })],
  ['an id of 300 characters', 'customer.updated', customer({ id: 'c'.repeat(300) })],
  ['another object than its type says', 'customer.subscription.updated', invoice()],
  ['no id', 'customer.updated', customer({ id: null })],
]
