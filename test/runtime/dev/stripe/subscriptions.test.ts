import { expect, test } from 'vitest'
import type { StripeStandIn } from '../../../../runtime/dev/stripe/stripe-stand-in.ts'
import { DAY_MS, eventTypes, startStripe, stock, stripeClient, subscribe } from './start-stripe.ts'

/** Half of the first period, which lasts from 31 January to 28 February. */
const HALF_MS = 14 * DAY_MS

function lastEvent({ state }: StripeStandIn, type: string) {
  return state
    .events()
    .filter((event) => event.type === type)
    .at(-1)!
}

test('an upgrade is invoiced at once for the rest of the period', async () => {
  const { stripe, url } = await startStripe()
  const { small, large } = stock(stripe)
  const subscription = subscribe(stripe, small)
  const client = stripeClient(url)
  stripe.actions.advance(HALF_MS)
  const before = stripe.state.events().length

  const upgraded = await client.subscriptions.update(subscription.id, {
    items: [{ id: subscription.items.data[0]!.id, price: large }],
    proration_behavior: 'always_invoice',
  })

  expect(eventTypes(stripe, before)).toEqual([
    'customer.subscription.updated',
    'invoice.created',
    'payment_intent.created',
    'invoice.finalized',
    'payment_intent.succeeded',
    'charge.succeeded',
    'invoice.paid',
    'invoice.payment_succeeded',
    'invoice_payment.paid',
  ])
  const invoice = await client.invoices.retrieve(String(upgraded.latest_invoice))
  expect(invoice).toMatchObject({ amount_paid: 1000, billing_reason: 'subscription_update' })
  expect(invoice.lines.data.map(({ amount }) => amount)).toEqual([-500, 1500])
  const updated = await client.events.list({ type: 'customer.subscription.updated', limit: 1 })
  expect(updated.data[0]!.data.previous_attributes).toMatchObject({
    items: { data: [{ price: { id: small } }] },
    latest_invoice: stripe.state.invoices()[0]!.id,
  })
})

test('a change that is not invoiced at once waits for the renewal', async () => {
  const { stripe, url } = await startStripe()
  const { small, large } = stock(stripe)
  const subscription = subscribe(stripe, small)
  stripe.actions.advance(HALF_MS)
  await stripeClient(url).subscriptions.update(subscription.id, {
    items: [{ id: subscription.items.data[0]!.id, price: large }],
  })
  expect(stripe.state.invoices()).toHaveLength(1)

  stripe.actions.advance(HALF_MS + 3_600_000)

  expect(
    stripe.state
      .invoices()
      .at(-1)!
      .lines.data.map(({ amount }) => amount),
  ).toEqual([-500, 1500, 3000])
  expect(stripe.state.invoices().at(-1)).toMatchObject({ status: 'paid', amount_paid: 4000 })
})

test('a downgrade leaves credit, which later invoices use up', async () => {
  const { stripe } = await startStripe()
  const { small, large } = stock(stripe)
  const subscription = subscribe(stripe, large)
  stripe.actions.advance(HALF_MS)

  stripe.actions.changePlan(subscription.id, small)

  expect(stripe.state.invoices().at(-1)).toMatchObject({ total: -1000, amount_due: 0, status: 'paid' })
  expect(stripe.state.customers()).toMatchObject([{ balance: -1000 }])
  stripe.actions.advance(HALF_MS + 3_600_000)
  expect(stripe.state.invoices().at(-1)).toMatchObject({
    total: 1000,
    starting_balance: -1000,
    ending_balance: 0,
    amount_due: 0,
    status: 'paid',
  })
  expect(stripe.state.customers()).toMatchObject([{ balance: 0 }])
})

test('another interval begins a new period at once', async () => {
  const { stripe } = await startStripe()
  const { small, yearly } = stock(stripe)
  const subscription = subscribe(stripe, small)
  stripe.actions.advance(HALF_MS)

  stripe.actions.changePlan(subscription.id, yearly)

  const now = Math.floor(stripe.now() / 1000)
  expect(subscription).toMatchObject({
    billing_cycle_anchor: now,
    items: { data: [{ current_period_start: now, current_period_end: Date.UTC(2027, 1, 14, 12) / 1000 }] },
  })
  expect(stripe.state.invoices().at(-1)).toMatchObject({ amount_paid: 9500, status: 'paid' })
})

test('a declined upgrade changes the plan and leaves the subscription past due', async () => {
  const { stripe } = await startStripe()
  const { small, large } = stock(stripe)
  const subscription = subscribe(stripe, small)
  stripe.actions.setPaymentMethod(subscription.customer, 'declined')

  stripe.actions.changePlan(subscription.id, large)

  expect(subscription).toMatchObject({ status: 'past_due', items: { data: [{ price: { id: large } }] } })
})

test('a subscription that is to end at the end of its period may go on, or end', async () => {
  const { stripe, url } = await startStripe()
  const subscription = subscribe(stripe, stock(stripe).small)
  const client = stripeClient(url)
  const end = subscription.items.data[0]!.current_period_end

  expect(await client.subscriptions.update(subscription.id, { cancel_at_period_end: true })).toMatchObject({
    status: 'active',
    cancel_at: end,
    cancel_at_period_end: true,
    cancellation_details: { reason: 'cancellation_requested' },
  })
  stripe.actions.resume(subscription.id)
  stripe.actions.advance({ to: end * 1000 })
  expect(subscription).toMatchObject({ status: 'active', cancel_at: null, canceled_at: null })
  stripe.actions.cancelAtPeriodEnd(subscription.id)
  const nextEnd = subscription.items.data[0]!.current_period_end
  stripe.actions.advance({ to: nextEnd * 1000 })

  expect(subscription).toMatchObject({ status: 'canceled', ended_at: nextEnd })
  expect(eventTypes(stripe).at(-1)).toBe('customer.subscription.deleted')
  expect(stripe.state.invoices()).toHaveLength(2)
})

test('a subscription ends at the moment that was set for it', async () => {
  const { stripe, url } = await startStripe()
  const subscription = subscribe(stripe, stock(stripe).small)
  const cancelAt = Math.floor(stripe.now() / 1000) + 40 * 86_400
  await stripeClient(url).subscriptions.update(subscription.id, { cancel_at: cancelAt })

  stripe.actions.advance(39 * DAY_MS)
  expect(subscription.status).toBe('active')
  stripe.actions.advance(DAY_MS)

  expect(subscription).toMatchObject({ status: 'canceled', ended_at: cancelAt })
})

test('a canceled subscription stays canceled', async () => {
  const { stripe, url } = await startStripe()
  const { small, large } = stock(stripe)
  const subscription = subscribe(stripe, small)
  const client = stripeClient(url)

  expect(await client.subscriptions.cancel(subscription.id)).toMatchObject({ status: 'canceled' })

  await expect(client.subscriptions.cancel(subscription.id)).rejects.toMatchObject({ statusCode: 404 })
  expect(() => stripe.actions.changePlan(subscription.id, large)).toThrow('canceled subscription')
  expect((await client.subscriptions.list({ customer: subscription.customer })).data).toEqual([])
  expect((await client.subscriptions.list({ status: 'all' })).data).toHaveLength(1)
  const after = stripe.state.events().length
  stripe.actions.advance(90 * DAY_MS)
  expect(eventTypes(stripe, after)).toEqual([])
})

test('a trial may be ended at once, or made longer', async () => {
  const { stripe, url } = await startStripe()
  const { small } = stock(stripe)
  const client = stripeClient(url)
  const ended = subscribe(stripe, small, { trialDays: 14 })
  expect(await client.subscriptions.update(ended.id, { trial_end: 'now' })).toMatchObject({
    status: 'active',
  })
  expect(stripe.state.invoices().at(-1)).toMatchObject({ amount_paid: 1000, status: 'paid' })

  const longer = subscribe(stripe, small, { trialDays: 7 })
  const trialEnd = Math.floor(stripe.now() / 1000) + 30 * 86_400
  await client.subscriptions.update(longer.id, { trial_end: trialEnd })
  stripe.actions.advance(20 * DAY_MS)

  expect(longer).toMatchObject({ status: 'trialing', trial_end: trialEnd })
})

test('the dashboard sees a subscription begin incomplete and become active in the same second', async () => {
  const { stripe } = await startStripe()
  const subscription = subscribe(stripe, stock(stripe).small)
  const created = lastEvent(stripe, 'customer.subscription.created')
  const updated = lastEvent(stripe, 'customer.subscription.updated')

  expect(JSON.parse(created.object)).toMatchObject({ status: 'incomplete' })
  expect(JSON.parse(updated.object)).toMatchObject({ status: 'active' })
  expect(updated.created).toBe(created.created)
  expect(subscription.status).toBe('active')
})

test('a deleted customer takes their subscriptions along', async () => {
  const { stripe, url } = await startStripe()
  const subscription = subscribe(stripe, stock(stripe).small)
  const client = stripeClient(url)

  expect(await client.customers.del(subscription.customer)).toMatchObject({ deleted: true })

  expect(eventTypes(stripe).slice(-2)).toEqual(['customer.subscription.deleted', 'customer.deleted'])
  expect(await client.customers.retrieve(subscription.customer)).toEqual(
    expect.objectContaining({ id: subscription.customer, deleted: true }),
  )
})

test('a test clock moves its own customers alone', async () => {
  const { stripe, url } = await startStripe()
  const { small } = stock(stripe)
  const client = stripeClient(url)
  const frozen = Date.UTC(2030, 0, 1) / 1000
  const testClock = await client.testHelpers.testClocks.create({ frozen_time: frozen })
  const customer = await client.customers.create({ test_clock: testClock.id, payment_method: 'pm_card_visa' })
  const clocked = await client.subscriptions.create({ customer: customer.id, items: [{ price: small }] })
  const other = subscribe(stripe, small)
  expect(clocked).toMatchObject({ status: 'active', created: frozen, test_clock: testClock.id })

  const moved = await client.testHelpers.testClocks.advance(testClock.id, {
    frozen_time: frozen + 32 * 86_400,
  })

  expect(moved).toMatchObject({ status: 'ready' })
  const invoices = await client.invoices.list({ subscription: clocked.id })
  expect(invoices.data.map(({ status, created }) => [status, created])).toEqual([
    ['paid', Date.UTC(2030, 1, 1) / 1000],
    ['paid', frozen],
  ])
  expect(stripe.state.invoices().filter((invoice) => invoice.customer === other.customer)).toHaveLength(1)
})

test('a deleted test clock takes its customers along', async () => {
  const { stripe, url } = await startStripe()
  const { testHelpers, customers } = stripeClient(url)
  const { id } = await testHelpers.testClocks.create({ frozen_time: Math.floor(stripe.now() / 1000) })
  await customers.create({ test_clock: id })
  stripe.actions.createCustomer({ name: 'stays' })

  await testHelpers.testClocks.del(id)

  expect(stripe.state.customers()).toMatchObject([{ name: 'stays' }])
})

test('a subscription shows its price as it is now', async () => {
  const { stripe, url } = await startStripe()
  const { small } = stock(stripe)
  const subscription = subscribe(stripe, small)
  const client = stripeClient(url)

  await client.prices.update(small, { lookup_key: 'renamed', active: false })

  expect(await client.subscriptions.retrieve(subscription.id)).toMatchObject({
    items: { data: [{ price: { id: small, lookup_key: 'renamed', active: false } }] },
  })
})
