import Stripe from 'stripe'
import { expect, test } from 'vitest'
import { DAY_MS, START, startReceiver, startStripe, stock, stripeClient, subscribe } from './start-stripe.ts'

/** The base clock of the stand-in stands still at `START`, so signatures are as old as that. */
const RECEIVED_AT = START / 1000

function read(
  { body, signature }: { body: string; signature: string },
  secret: string,
): Promise<Stripe.Event> {
  const provider = Stripe.createSubtleCryptoProvider()
  return Stripe.webhooks.constructEventAsync(body, signature, secret, 300, provider, RECEIVED_AT * 1000)
}

test('each event is delivered with a signature that the stripe package accepts', async () => {
  const { stripe, url } = await startStripe()
  const receiver = await startReceiver()
  const endpoint = await stripeClient(url).webhookEndpoints.create({
    url: receiver.url,
    enabled_events: ['*'],
  })
  subscribe(stripe, stock(stripe).small)

  await stripe.delivery.idle()

  const events = await Promise.all(receiver.received.map((one) => read(one, endpoint.secret!)))
  expect(new Set(events.map(({ id }) => id))).toEqual(new Set(stripe.state.events().map(({ id }) => id)))
  expect(receiver.received[0]!.body).toMatch(/^\{\n {2}"id": "evt_/)
  expect(stripe.delivery.pending()).toBe(0)
  await expect(read(receiver.received[0]!, 'whsec_other')).rejects.toThrow('No signatures found')
})

test('an endpoint gets the types that it named, and nothing while it is disabled', async () => {
  const { stripe, url } = await startStripe()
  const receiver = await startReceiver()
  const { webhookEndpoints } = stripeClient(url)
  const { id, secret } = await webhookEndpoints.create({
    url: receiver.url,
    enabled_events: ['customer.created'],
  })
  const customer = stripe.actions.createCustomer()
  stripe.actions.updateCustomer(customer.id, { name: 'Ada' })
  await stripe.delivery.idle()
  await webhookEndpoints.update(id, { disabled: true })
  stripe.actions.createCustomer()
  await stripe.delivery.idle()

  expect(await Promise.all(receiver.received.map((one) => read(one, secret!)))).toMatchObject([
    { type: 'customer.created', data: { object: { id: customer.id } } },
  ])
})

test('what is not taken is tried again, later and later, until it is', async () => {
  const { stripe } = await startStripe()
  const receiver = await startReceiver()
  stripe.actions.createWebhookEndpoint({ url: receiver.url, enabledEvents: ['customer.created'] })
  receiver.answerWith(500)
  stripe.actions.createCustomer()
  await stripe.delivery.idle()

  const counts: number[] = [receiver.received.length]
  for (const ms of [999, 1, 1999, 1, 3999, 1]) {
    stripe.actions.advance(ms)
    await stripe.delivery.idle()
    counts.push(receiver.received.length)
  }
  expect(counts).toEqual([1, 1, 2, 2, 3, 3, 4])
  receiver.answerWith(200)
  stripe.actions.advance(3_600_000)
  await stripe.delivery.idle()

  expect(receiver.received).toHaveLength(5)
  expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1)
  expect(stripe.delivery.pending()).toBe(0)
})

test('an endpoint that cannot be reached is given up after three days, and said so', async () => {
  const { stripe } = await startStripe()
  stripe.actions.createWebhookEndpoint({ url: 'http://127.0.0.1:9/webhook', enabledEvents: ['*'] })
  stripe.actions.createCustomer()
  const [event] = stripe.state.events()
  await stripe.delivery.idle()
  stripe.actions.advance(3 * DAY_MS - 1)
  await stripe.delivery.idle()
  expect(stripe.delivery.abandoned()).toEqual([])
  expect(stripe.delivery.pending()).toBe(1)

  stripe.actions.advance(3_600_000)
  await stripe.delivery.idle()

  expect(stripe.delivery.abandoned()).toMatchObject([{ event: event!.id }])
  expect(stripe.delivery.pending()).toBe(0)
})

test('a new secret signs along with the former one for as long as was asked', async () => {
  const { stripe } = await startStripe()
  const receiver = await startReceiver()
  const endpoint = stripe.actions.createWebhookEndpoint({ url: receiver.url, enabledEvents: ['*'] })
  const former = endpoint.secrets[0]!.value
  const latter = stripe.actions.rollSecret(endpoint.id, 3600)

  stripe.actions.createCustomer()
  await stripe.delivery.idle()
  stripe.actions.advance(3_600_000)
  stripe.actions.createCustomer()
  await stripe.delivery.idle()

  const [overlapping, after] = receiver.received
  expect(overlapping!.signature.match(/v1=/g)).toHaveLength(2)
  await expect(read(overlapping!, former)).resolves.toMatchObject({ type: 'customer.created' })
  await expect(read(overlapping!, latter)).resolves.toMatchObject({ type: 'customer.created' })
  await expect(read(after!, former)).rejects.toThrow('No signatures found')
  await expect(read(after!, latter)).resolves.toMatchObject({ type: 'customer.created' })
})

test('deliveries are held back, made at once, or lost, as a test wants', async () => {
  const { stripe } = await startStripe()
  const receiver = await startReceiver()
  stripe.actions.createWebhookEndpoint({ url: receiver.url, enabledEvents: ['*'] })
  stripe.delivery.pause()
  stripe.actions.createCustomer()
  stripe.actions.createCustomer()
  await stripe.delivery.idle()
  expect(receiver.received).toEqual([])
  expect(stripe.delivery.pending()).toBe(2)

  receiver.answerWith(503)
  expect(await stripe.delivery.deliverAll()).toEqual({ delivered: 0, failed: 2 })
  receiver.answerWith(200)
  expect(await stripe.delivery.deliverAll()).toEqual({ delivered: 2, failed: 0 })
  stripe.actions.createCustomer()
  expect(stripe.delivery.forget()).toBe(1)
  stripe.delivery.resume()
  await stripe.delivery.idle()

  expect(receiver.received).toHaveLength(4)
})

test('an account has sixteen endpoints at most, and tells a secret once', async () => {
  const { url } = await startStripe()
  const { webhookEndpoints } = stripeClient(url)
  const create = () => webhookEndpoints.create({ url: 'https://shop.example/hook', enabled_events: ['*'] })
  const created = await create()
  for (let count = 1; count < 16; count++) await create()

  await expect(create()).rejects.toThrow('maximum of 16 test webhook endpoints')

  expect(created.secret).toMatch(/^whsec_/)
  const { data } = await webhookEndpoints.list({ limit: 100 })
  expect(data).toHaveLength(16)
  expect(JSON.stringify(data)).not.toContain('whsec_')
  await webhookEndpoints.del(created.id)
  await expect(create()).resolves.toMatchObject({ status: 'enabled' })
})
