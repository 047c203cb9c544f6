import { expect, test } from 'vitest'
import { DAY_MS, eventTypes, START, startStripe, stock, stripeClient, subscribe } from './start-stripe.ts'

const seconds = (iso: string) => Date.parse(iso) / 1000
const HOUR_MS = 3_600_000

test('a trial warns three days before its end, and is then paid for', async () => {
  const { stripe } = await startStripe()
  const { small } = stock(stripe)
  const subscription = subscribe(stripe, small, { trialDays: 14 })
  expect(subscription.status).toBe('trialing')
  const before = stripe.state.events().length

  stripe.actions.advance(11 * DAY_MS - 1)
  expect(eventTypes(stripe, before)).toEqual([])
  stripe.actions.advance(1)
  expect(eventTypes(stripe, before)).toEqual(['customer.subscription.trial_will_end'])
  stripe.actions.advance(3 * DAY_MS)
  expect(subscription.status).toBe('active')
  expect(eventTypes(stripe, before + 1)).toEqual(['customer.subscription.updated', 'invoice.created'])
  stripe.actions.advance(HOUR_MS)

  expect(eventTypes(stripe, before + 3)).toEqual([
    'payment_intent.created',
    'invoice.finalized',
    'payment_intent.succeeded',
    'charge.succeeded',
    'invoice.paid',
    'invoice.payment_succeeded',
    'invoice_payment.paid',
  ])
  const [trial, first] = stripe.state.invoices()
  expect(trial).toMatchObject({ total: 0, billing_reason: 'subscription_create' })
  expect(first).toMatchObject({ amount_paid: 1000, billing_reason: 'subscription_cycle', attempt_count: 1 })
})

test('a trial shorter than three days warns at once, and once', async () => {
  const { stripe } = await startStripe()
  subscribe(stripe, stock(stripe).small, { trialDays: 2 })
  expect(eventTypes(stripe).filter((type) => type === 'customer.subscription.trial_will_end')).toHaveLength(1)

  stripe.actions.advance(1.5 * DAY_MS)

  expect(eventTypes(stripe).filter((type) => type === 'customer.subscription.trial_will_end')).toHaveLength(1)
})

test('a trial without a method of payment ends, where checkout said so', async () => {
  const { stripe, url } = await startStripe()
  const { small } = stock(stripe)
  const session = await stripeClient(url).checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: small, quantity: 1 }],
    payment_method_collection: 'if_required',
    subscription_data: {
      trial_period_days: 7,
      trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
    },
    success_url: 'https://shop.example/done',
  })
  stripe.actions.pay(session.id, { card: 'none' })

  stripe.actions.advance(7 * DAY_MS)

  expect(eventTypes(stripe).at(-1)).toBe('customer.subscription.deleted')
  expect(stripe.state.subscriptions()).toMatchObject([{ status: 'canceled' }])
})

test('periods keep to the day on which they began, or the last one of a shorter month', async () => {
  const { stripe } = await startStripe()
  const { small } = stock(stripe)
  const subscription = subscribe(stripe, small)
  const ends: number[] = []
  for (let month = 0; month < 4; month++) {
    const { current_period_end: end } = subscription.items.data[0]!
    ends.push(end)
    stripe.actions.advance({ to: end * 1000 })
  }

  expect(ends).toEqual(
    ['2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31'].map((day) => seconds(`${day}T12:00:00Z`)),
  )
  expect(stripe.state.invoices()).toHaveLength(5)
})

test('a year in one step is twelve renewals, each at its own time', async () => {
  const { stripe } = await startStripe()
  const subscription = subscribe(stripe, stock(stripe).small)

  stripe.actions.advance({ to: Date.UTC(2027, 0, 31, 14) })

  const paid = stripe.state.invoices().filter(({ status }) => status === 'paid')
  expect(paid).toHaveLength(13)
  const created = stripe.state.events().map((event) => event.created)
  expect(created).toEqual([...created].sort((a, b) => a - b))
  expect(paid[1]!.status_transitions.paid_at).toBe(seconds('2026-02-28T13:00:00Z'))
  expect(subscription.items.data[0]).toMatchObject({ current_period_end: seconds('2027-02-28T12:00:00Z') })
})

test('a declined renewal is tried after 3, 5 and 7 days, and then ends the subscription', async () => {
  const { stripe } = await startStripe()
  const { small } = stock(stripe)
  const subscription = subscribe(stripe, small)
  stripe.actions.setPaymentMethod(subscription.customer, 'declined')
  const before = stripe.state.events().length

  stripe.actions.advance({ to: (subscription.items.data[0]!.current_period_end + 3600) * 1000 })

  expect(eventTypes(stripe, before)).toEqual([
    'customer.subscription.updated',
    'invoice.created',
    'payment_intent.created',
    'invoice.finalized',
    'charge.failed',
    'payment_intent.payment_failed',
    'invoice.payment_failed',
    'customer.updated',
    'customer.subscription.updated',
  ])
  expect(subscription.status).toBe('past_due')
  const invoice = stripe.state.invoices().at(-1)!
  const attempts = [[invoice.attempt_count, invoice.next_payment_attempt]]
  for (const days of [3, 5, 7]) {
    stripe.actions.advance(days * DAY_MS)
    attempts.push([invoice.attempt_count, invoice.next_payment_attempt])
  }
  const first = seconds('2026-02-28T13:00:00Z')
  const day = DAY_MS / 1000
  expect(attempts).toEqual([
    [1, first + 3 * day],
    [2, first + 8 * day],
    [3, first + 15 * day],
    [4, null],
  ])
  expect(subscription).toMatchObject({
    status: 'canceled',
    ended_at: first + 15 * day,
    cancellation_details: { reason: 'payment_failed' },
  })
  expect(invoice).toMatchObject({ status: 'open', auto_advance: false })
  const after = stripe.state.events().length
  stripe.actions.advance(90 * DAY_MS)
  expect(eventTypes(stripe, after)).toEqual([])
})

test('a subscription that is past due becomes active with the next attempt that succeeds', async () => {
  const { stripe, url } = await startStripe()
  const { small } = stock(stripe)
  const subscription = subscribe(stripe, small)
  stripe.actions.setPaymentMethod(subscription.customer, 'declined')
  stripe.actions.advance({ to: (subscription.items.data[0]!.current_period_end + 3600) * 1000 })
  const invoice = stripe.state.invoices().at(-1)!
  await expect(stripeClient(url).invoices.pay(invoice.id)).rejects.toMatchObject({
    type: 'StripeCardError',
    statusCode: 402,
    decline_code: 'generic_decline',
  })
  expect(invoice.attempt_count).toBe(1)
  stripe.actions.setPaymentMethod(subscription.customer, 'ok')

  stripe.actions.advance(3 * DAY_MS)

  expect(invoice).toMatchObject({ status: 'paid', attempt_count: 2, next_payment_attempt: null })
  expect(subscription.status).toBe('active')
  expect(stripe.state.customers()).toMatchObject([{ delinquent: false }])
})

test('an invoice that is paid by hand makes its subscription active at once', async () => {
  const { stripe } = await startStripe()
  const subscription = subscribe(stripe, stock(stripe).small)
  stripe.actions.setPaymentMethod(subscription.customer, 'declined')
  stripe.actions.advance({ to: (subscription.items.data[0]!.current_period_end + 3600) * 1000 })
  stripe.actions.setPaymentMethod(subscription.customer, 'ok')

  expect(stripe.actions.retryInvoice(stripe.state.invoices().at(-1)!.id)).toBe(true)

  expect(subscription.status).toBe('active')
  expect(stripe.actions.retryInvoice(stripe.state.invoices().at(-1)!.id)).toBe(false)
})

test('a voided invoice holds its subscription back no longer', async () => {
  const { stripe } = await startStripe()
  const subscription = subscribe(stripe, stock(stripe).small)
  stripe.actions.setPaymentMethod(subscription.customer, 'declined')
  stripe.actions.advance({ to: (subscription.items.data[0]!.current_period_end + 3600) * 1000 })

  stripe.actions.voidInvoice(stripe.state.invoices().at(-1)!.id)

  expect(eventTypes(stripe).slice(-3)).toEqual([
    'payment_intent.canceled',
    'invoice.voided',
    'customer.subscription.updated',
  ])
  expect(subscription.status).toBe('active')
})

test('a first payment that never comes ends the subscription after 23 hours', async () => {
  const { stripe } = await startStripe()
  const subscription = subscribe(stripe, stock(stripe).small, { card: 'declined' })
  expect(subscription.status).toBe('incomplete')

  stripe.actions.advance(23 * HOUR_MS)

  expect(subscription.status).toBe('incomplete_expired')
  expect(stripe.state.invoices()).toMatchObject([{ status: 'void' }])
  const after = stripe.state.events().length
  stripe.actions.advance(40 * DAY_MS)
  expect(eventTypes(stripe, after)).toEqual([])
})

test('time does not move backwards', async () => {
  const { stripe } = await startStripe()
  expect(() => stripe.actions.advance({ to: START - 1 })).toThrow('backwards')
})

test('attempts that are used up end a subscription although newer invoices are open', async () => {
  const { stripe } = await startStripe()
  const { id: product } = stripe.actions.createProduct({ name: 'Weekly' })
  const { id: weekly } = stripe.actions.createPrice({
    product,
    currency: 'usd',
    unit_amount: 500,
    recurring: { interval: 'week' },
  })
  const subscription = subscribe(stripe, weekly)
  stripe.actions.setPaymentMethod(subscription.customer, 'declined')

  stripe.actions.advance(22 * DAY_MS + HOUR_MS)

  expect(subscription.status).toBe('canceled')
  expect(stripe.state.invoices().map(({ status }) => status)).toEqual(['paid', 'open', 'open', 'open'])
})
