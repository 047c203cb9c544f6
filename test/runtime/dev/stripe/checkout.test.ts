import { expect, test } from 'vitest'
import { DAY_MS, eventTypes, START, startStripe, stock, stripeClient } from './start-stripe.ts'

const urls = {
  success_url: 'https://shop.example/done?session={CHECKOUT_SESSION_ID}',
  cancel_url: 'https://shop.example/back',
}

test('a buyer who pays gets a customer, a subscription and a paid invoice, in one second', async () => {
  const { stripe, url } = await startStripe()
  const { small } = stock(stripe)
  const client = stripeClient(url)
  const session = await client.checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: small, quantity: 1 }],
    client_reference_id: 'acme',
    metadata: { group: 'acme' },
    subscription_data: { metadata: { group: 'acme' } },
    expires_at: START / 1000 + 1860,
    ...urls,
  })
  const before = stripe.state.events().length

  const result = stripe.actions.pay(session.id, { email: 'ada@example.com' })

  expect(result).toEqual({ paid: true, redirectTo: `https://shop.example/done?session=${session.id}` })
  expect(eventTypes(stripe, before)).toEqual([
    'customer.created',
    'payment_method.attached',
    'customer.updated',
    'customer.subscription.created',
    'invoice.created',
    'payment_intent.created',
    'invoice.finalized',
    'payment_intent.succeeded',
    'charge.succeeded',
    'invoice.paid',
    'invoice.payment_succeeded',
    'invoice_payment.paid',
    'checkout.session.completed',
  ])
  expect(new Set(stripe.state.events().map(({ created }) => created)).size).toBe(1)
  const paid = await client.checkout.sessions.retrieve(session.id, {
    expand: ['subscription', 'customer', 'line_items', 'invoice'],
  })
  expect(paid).toMatchObject({
    status: 'complete',
    payment_status: 'paid',
    url: null,
    amount_total: 1000,
    client_reference_id: 'acme',
    customer_details: { email: 'ada@example.com' },
    customer: { object: 'customer', email: 'ada@example.com' },
    subscription: {
      status: 'active',
      metadata: { group: 'acme' },
      items: { data: [{ price: { id: small } }] },
    },
    invoice: { status: 'paid', amount_paid: 1000, billing_reason: 'subscription_create' },
    line_items: { data: [{ price: { id: small }, amount_total: 1000 }] },
  })
})

test('a declined card leaves the session open, and the next one pays with the same payment intent', async () => {
  const { stripe, url } = await startStripe()
  const { small } = stock(stripe)
  const client = stripeClient(url)
  const session = await client.checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: small, quantity: 2 }],
    ...urls,
  })
  const before = stripe.state.events().length

  expect(stripe.actions.pay(session.id, { card: 'declined' })).toEqual({
    paid: false,
    message: 'Your card was declined.',
  })

  expect(eventTypes(stripe, before)).toEqual([
    'payment_intent.created',
    'charge.failed',
    'payment_intent.payment_failed',
  ])
  expect(stripe.state.subscriptions()).toEqual([])
  expect(await client.checkout.sessions.retrieve(session.id)).toMatchObject({
    status: 'open',
    customer: null,
  })
  stripe.actions.pay(session.id)
  expect(stripe.state.paymentIntents()).toMatchObject([{ status: 'succeeded', amount: 2000 }])
  expect(stripe.state.invoices()).toMatchObject([{ status: 'paid', amount_paid: 2000 }])
})

test('a trial is paid for later', async () => {
  const { stripe, url } = await startStripe()
  const { small } = stock(stripe)
  const client = stripeClient(url)
  const session = await client.checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: small, quantity: 1 }],
    subscription_data: { trial_period_days: 14 },
    ...urls,
  })

  stripe.actions.pay(session.id)

  const trialEnd = (START + 14 * DAY_MS) / 1000
  expect(await client.checkout.sessions.retrieve(session.id, { expand: ['subscription'] })).toMatchObject({
    payment_status: 'no_payment_required',
    amount_total: 0,
    subscription: {
      status: 'trialing',
      trial_end: trialEnd,
      items: { data: [{ current_period_end: trialEnd }] },
    },
  })
  expect(stripe.state.invoices()).toMatchObject([{ status: 'paid', amount_due: 0, payment_intent: null }])
})

test('a one-off payment has a payment intent and no invoice', async () => {
  const { stripe, url } = await startStripe()
  const { once } = stock(stripe)
  const client = stripeClient(url)
  const session = await client.checkout.sessions.create({
    mode: 'payment',
    line_items: [{ price: once, quantity: 1 }],
    payment_intent_data: { metadata: { order: '7' } },
    customer_creation: 'always',
    ...urls,
  })

  stripe.actions.pay(session.id)

  const paid = await client.checkout.sessions.retrieve(session.id, { expand: ['payment_intent'] })
  expect(paid).toMatchObject({
    payment_status: 'paid',
    invoice: null,
    payment_intent: { status: 'succeeded', amount_received: 500, metadata: { order: '7' } },
  })
  expect(stripe.state.customers()).toHaveLength(1)
  expect(stripe.state.invoices()).toEqual([])
})

test.each([
  [true, 'checkout.session.async_payment_succeeded', 'paid', 'active', 'paid'],
  [false, 'checkout.session.async_payment_failed', 'unpaid', 'past_due', 'open'],
] as const)('a bank answers a debit later: %s', async (ok, type, paymentStatus, status, invoiceStatus) => {
  const { stripe, url } = await startStripe()
  const { small } = stock(stripe)
  const client = stripeClient(url)
  const session = await client.checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: small, quantity: 1 }],
    ...urls,
  })
  stripe.actions.pay(session.id, { card: 'async' })
  expect(await client.checkout.sessions.retrieve(session.id)).toMatchObject({
    status: 'complete',
    payment_status: 'unpaid',
  })

  stripe.actions.advance(2 * DAY_MS)
  stripe.actions.settleAsync(session.id, ok)

  expect(eventTypes(stripe).at(-1)).toBe(type)
  expect(await client.checkout.sessions.retrieve(session.id)).toMatchObject({ payment_status: paymentStatus })
  expect(stripe.state.subscriptions()).toMatchObject([{ status }])
  expect(stripe.state.invoices()).toMatchObject([{ status: invoiceStatus }])
})

test('a debit that nobody answers for succeeds after five days', async () => {
  const { stripe, url } = await startStripe()
  const { once } = stock(stripe)
  const session = await stripeClient(url).checkout.sessions.create({
    mode: 'payment',
    line_items: [{ price: once, quantity: 1 }],
    ...urls,
  })
  stripe.actions.pay(session.id, { card: 'async' })

  stripe.actions.advance(5 * DAY_MS)

  expect(eventTypes(stripe).slice(-3)).toEqual([
    'payment_intent.succeeded',
    'charge.succeeded',
    'checkout.session.async_payment_succeeded',
  ])
})

test('a session expires by the clock, or when it is asked to, once', async () => {
  const { stripe, url } = await startStripe()
  const { small } = stock(stripe)
  const client = stripeClient(url)
  const create = () =>
    client.checkout.sessions.create({
      mode: 'subscription',
      line_items: [{ price: small, quantity: 1 }],
      expires_at: Math.floor(stripe.now() / 1000) + 1800,
      ...urls,
    })
  const byClock = await create()
  stripe.actions.advance(1800_000 - 1)
  expect(await client.checkout.sessions.retrieve(byClock.id)).toMatchObject({ status: 'open' })
  stripe.actions.advance(1)
  expect(await client.checkout.sessions.retrieve(byClock.id)).toMatchObject({ status: 'expired', url: null })
  expect(() => stripe.actions.pay(byClock.id)).toThrow('expired')

  const asked = await create()
  await client.checkout.sessions.expire(asked.id)

  await expect(client.checkout.sessions.expire(asked.id)).rejects.toMatchObject({ statusCode: 400 })
  expect(eventTypes(stripe).filter((type) => type === 'checkout.session.expired')).toHaveLength(2)
})

test.each([
  [{ expires_at: START / 1000 + 1799 }, 'at least 30 minutes'],
  [{ expires_at: START / 1000 + 86_401 }, 'less than 24 hours'],
  [{ customer_email: 'nobody' }, 'Invalid customer_email'],
  [{ line_items: [] }, 'line_items'],
  [{ line_items: [{ price: 'price_none', quantity: 1 }] }, "No such price: 'price_none'"],
  [{ mode: 'payment' as const }, 'recurring price'],
])('a session with %j is refused', async (wrong, message) => {
  const { stripe, url } = await startStripe()
  const { small } = stock(stripe)
  const created = stripeClient(url).checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: small, quantity: 1 }],
    ...urls,
    ...wrong,
  })

  await expect(created).rejects.toMatchObject({
    type: 'StripeInvalidRequestError',
    message: expect.stringContaining(message),
  })
  expect(stripe.state.sessions()).toEqual([])
})
