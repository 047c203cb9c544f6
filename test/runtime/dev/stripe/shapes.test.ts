import { expect, test } from 'vitest'
import { startReceiver, startStripe, stock, stripeClient, subscribe } from './start-stripe.ts'

// biome-ignore lint/suspicious/noExplicitAny: resources of old versions, for which the package has no types
type Shown = Record<string, any>

async function shownIn(apiVersion: string) {
  const { stripe, url } = await startStripe()
  const { small, large } = stock(stripe)
  const subscription = subscribe(stripe, small)
  stripe.actions.changePlan(subscription.id, large)
  const [charge] = stripe.state.charges()
  stripe.actions.refund(charge!.id, 100)
  const client = stripeClient(url, { apiVersion })
  const invoice = stripe.state.invoices()[1]!
  return {
    ids: {
      subscription: subscription.id,
      invoice: invoice.id,
      intent: invoice.payment_intent,
      charge: invoice.charge,
    },
    price: large,
    subscription: (await client.subscriptions.retrieve(subscription.id)) as unknown as Shown,
    invoice: (await client.invoices.retrieve(invoice.id)) as unknown as Shown,
    intent: (await client.paymentIntents.retrieve(invoice.payment_intent!)) as unknown as Shown,
    charge: (await client.charges.retrieve(charge!.id)) as unknown as Shown,
    stored: { subscription, charge: charge! },
  }
}

test('the current shape has periods on items and the subscription under the parent', async () => {
  const { ids, price, subscription, invoice, intent, charge } = await shownIn('2026-10-28.endive')
  const [item] = subscription.items.data

  expect(subscription).not.toHaveProperty('current_period_end')
  expect(item).toMatchObject({ price: { id: price }, current_period_end: expect.any(Number) })
  expect(invoice.parent.subscription_details).toEqual({ metadata: {}, subscription: ids.subscription })
  for (const gone of ['subscription', 'charge', 'payment_intent', 'paid'])
    expect(invoice).not.toHaveProperty(gone)
  expect(invoice.lines.data[1].pricing.price_details.price).toBe(price)
  expect(invoice.lines.data[1]).not.toHaveProperty('price')
  expect(intent).not.toHaveProperty('invoice')
  expect(charge).not.toHaveProperty('invoice')
  expect(charge).not.toHaveProperty('refunds')
})

test('the shape of 2024 has them on the subscription and the invoice', async () => {
  const { ids, price, subscription, invoice, intent, charge, stored } = await shownIn('2024-06-20')
  const period = stored.subscription.items.data[0]!

  expect(subscription).toMatchObject({
    current_period_start: period.current_period_start,
    current_period_end: period.current_period_end,
    plan: { id: price },
    items: { data: [{ price: { id: price }, plan: { id: price } }] },
  })
  expect(subscription.items.data[0]).not.toHaveProperty('current_period_end')
  expect(invoice).toMatchObject({
    subscription: ids.subscription,
    payment_intent: ids.intent,
    charge: ids.charge,
    paid: true,
    subscription_details: { metadata: {} },
  })
  expect(invoice).not.toHaveProperty('parent')
  expect(invoice.lines.data[1]).toMatchObject({ price: { id: price }, proration: true, type: 'invoiceitem' })
  expect(intent.invoice).toBe(ids.invoice)
  expect(charge.invoice).toBe(stored.charge.invoice)
})

test('the oldest shape has plans in the place of prices, and the refunds of a charge', async () => {
  const { price, subscription, invoice, charge } = await shownIn('2019-12-03')

  expect(subscription.items.data[0]).toMatchObject({ plan: { id: price, amount: 3000 } })
  expect(subscription.items.data[0]).not.toHaveProperty('price')
  expect(invoice.lines.data[0]).not.toHaveProperty('price')
  expect(charge.refunds.data).toMatchObject([{ amount: 100 }])
})

test('events keep the version of the account, endpoints have their own', async () => {
  const { stripe, url } = await startStripe({ apiVersion: '2024-06-20' })
  const receiver = await startReceiver()
  const enabled_events = ['invoice.paid' as const]
  const endpoints = stripeClient(url).webhookEndpoints
  await endpoints.create({ url: receiver.url, enabled_events, api_version: '2026-10-28.endive' as never })
  await endpoints.create({ url: receiver.url, enabled_events })
  const subscription = subscribe(stripe, stock(stripe).small)

  await stripe.delivery.idle()

  const bodies = receiver.received.map(({ body }) => JSON.parse(body))
  const byVersion = Object.fromEntries(bodies.map((body) => [body.api_version, body.data.object]))
  expect(byVersion['2026-10-28.endive']).toMatchObject({
    parent: { subscription_details: { subscription: subscription.id } },
  })
  expect(byVersion['2024-06-20']).toMatchObject({ subscription: subscription.id, paid: true })
  const { data } = await stripeClient(url).events.list({ type: 'invoice.paid' })
  expect(data).toMatchObject([
    { api_version: '2024-06-20', data: { object: { subscription: subscription.id } } },
  ])
})

test('what changed is told in the shape of the event', async () => {
  const { stripe, url } = await startStripe({ apiVersion: '2024-06-20' })
  const subscription = subscribe(stripe, stock(stripe).small)
  const { current_period_start, current_period_end } = subscription.items.data[0]!
  stripe.actions.advance({ to: current_period_end * 1000 })

  const { data } = await stripeClient(url).events.list({ type: 'customer.subscription.updated', limit: 1 })

  expect(data[0]!.data.previous_attributes).toEqual({
    current_period_start,
    current_period_end,
    latest_invoice: stripe.state.invoices()[0]!.id,
  })
})
