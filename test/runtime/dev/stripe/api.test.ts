import type Stripe from 'stripe'
import { expect, test } from 'vitest'
import { DAY_MS, START, startStripe, stock, stripeClient, subscribe } from './start-stripe.ts'

test('autopagination walks 250 events, the newest first', async () => {
  const { stripe, url } = await startStripe()
  const { id } = stripe.actions.createCustomer()
  for (let name = 1; name < 250; name++) stripe.actions.updateCustomer(id, { name: String(name) })

  const walked: string[] = []
  for await (const event of stripeClient(url).events.list({ limit: 100 })) walked.push(event.id)

  expect(walked).toEqual(
    stripe.state
      .events()
      .map((event) => event.id)
      .reverse(),
  )
  expect(walked).toHaveLength(250)
})

test('pages go back to where they came from', async () => {
  const { stripe, url } = await startStripe()
  for (const name of ['a', 'b', 'c', 'd', 'e']) stripe.actions.createCustomer({ name })
  const { customers } = stripeClient(url)
  const names = (page: Stripe.ApiList<Stripe.Customer>) => page.data.map(({ name }) => name)

  const first = await customers.list({ limit: 2 })
  const second = await customers.list({ limit: 2, starting_after: first.data.at(-1)!.id })
  const back = await customers.list({ limit: 2, ending_before: second.data[0]!.id })

  expect([names(first), names(second), names(back)]).toEqual([
    ['e', 'd'],
    ['c', 'b'],
    ['e', 'd'],
  ])
  expect([first.has_more, second.has_more, back.has_more]).toEqual([true, true, false])
})

test('events are found by type and time, for 30 days', async () => {
  const { stripe, url } = await startStripe()
  const { events } = stripeClient(url)
  const { id } = stripe.actions.createCustomer()
  stripe.actions.advance(20 * DAY_MS)
  stripe.actions.updateCustomer(id, { name: 'Ada' })
  const seconds = START / 1000
  const types = async (params: Stripe.EventListParams) =>
    (await events.list(params)).data.map(({ type }) => type)

  expect(await types({ types: ['customer.*'] })).toEqual(['customer.updated', 'customer.created'])
  expect(await types({ type: 'customer.created' })).toEqual(['customer.created'])
  expect(await types({ created: { gt: seconds } })).toEqual(['customer.updated'])
  expect(await types({ created: { lte: seconds } })).toEqual(['customer.created'])
  stripe.actions.advance(11 * DAY_MS)
  expect(await types({})).toEqual(['customer.updated'])
  expect(stripe.state.events()).toHaveLength(2)
})

test('the same key with the same parameters gives the same answer', async () => {
  const { stripe, url } = await startStripe()
  const { customers } = stripeClient(url)
  const first = await customers.create({ name: 'Ada' }, { idempotencyKey: 'k1' })
  const again = await customers.create({ name: 'Ada' }, { idempotencyKey: 'k1' })

  expect(again.id).toBe(first.id)
  expect(new Headers(again.lastResponse.headers).get('idempotent-replayed')).toBe('true')
  expect(stripe.state.customers()).toHaveLength(1)
  await expect(customers.create({ name: 'Eve' }, { idempotencyKey: 'k1' })).rejects.toMatchObject({
    type: 'StripeIdempotencyError',
    statusCode: 400,
  })
  stripe.actions.advance(DAY_MS)
  expect((await customers.create({ name: 'Eve' }, { idempotencyKey: 'k1' })).name).toBe('Eve')
})

test('a request that was refused may be corrected under its key', async () => {
  const { url } = await startStripe()
  const { prices } = stripeClient(url)
  const wrong = { currency: 'usd', unit_amount: 1, product: 'prod_none' }
  await expect(prices.create(wrong, { idempotencyKey: 'k2' })).rejects.toMatchObject({ param: 'product' })

  const right = { currency: 'usd', unit_amount: 1, product_data: { name: 'Right' } }

  expect(await prices.create(right, { idempotencyKey: 'k2' })).toMatchObject({ unit_amount: 1 })
})

test('only a key for tests is accepted, or the one that was set', async () => {
  const { url } = await startStripe()
  const { url: guarded } = await startStripe({ secretKey: 'sk_test_the_one' })
  const status = async (base: string, key?: string) => {
    const headers: HeadersInit = key === undefined ? {} : { authorization: `Bearer ${key}` }
    return (await fetch(`${base}/v1/account`, { headers })).status
  }

  expect(await status(url, 'sk_test_any')).toBe(200)
  expect(await status(url, 'rk_test_any')).toBe(200)
  expect(await status(url, 'sk_live_any')).toBe(401)
  expect(await status(url)).toBe(401)
  expect(await status(guarded, 'sk_test_any')).toBe(401)
  expect(await status(guarded, 'sk_test_the_one')).toBe(200)
})

test.each([
  ['unknown', { wrong: '1' }, 'parameter_unknown', 'wrong'],
  [
    'nested and unknown',
    { 'metadata[a]': 'x', 'invoice_settings[wrong]': '1' },
    'parameter_unknown',
    'invoice_settings[wrong]',
  ],
])('a parameter that is %s is named', async (_what, fields, code, param) => {
  const { url } = await startStripe()
  const response = await fetch(`${url}/v1/customers`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_any' },
    body: new URLSearchParams(fields),
  })

  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', code, param } })
})

test('what is missing, and what is no number, is named', async () => {
  const { url } = await startStripe()
  const { prices, customers } = stripeClient(url)
  const price = { currency: 'usd', product_data: { name: 'P' } }

  await expect(prices.create(price)).rejects.toMatchObject({
    code: 'parameter_missing',
    param: 'unit_amount',
  })
  await expect(prices.create({ ...price, unit_amount: 1.5 })).rejects.toMatchObject({
    code: 'parameter_invalid_integer',
  })
  await expect(customers.list({ limit: 101 })).rejects.toMatchObject({ statusCode: 400, param: 'limit' })
})

test('what does not exist is 404, with a request id and the time of the account', async () => {
  const { stripe, url } = await startStripe()
  stripe.actions.advance(400 * DAY_MS)

  const response = await fetch(`${url}/v1/customers/cus_none`, {
    headers: { authorization: 'Bearer sk_test_any' },
  })

  expect(response.status).toBe(404)
  expect(response.headers.get('request-id')).toMatch(/^req_/)
  expect(response.headers.get('date')).toBe(new Date(START + 400 * DAY_MS).toUTCString())
  expect(await response.json()).toMatchObject({
    error: { code: 'resource_missing', message: "No such customer: 'cus_none'" },
  })
  const unserved = await fetch(`${url}/v1/issuing/cards`, {
    headers: { authorization: 'Bearer sk_test_any' },
  })
  expect(unserved.status).toBe(404)
})

test('names of fields and metadata are taken for what they are', async () => {
  const { url } = await startStripe()
  const { customers } = stripeClient(url)
  const metadata = JSON.parse('{"__proto__": "x", "constructor": "y", "plain": "z"}')

  const created = await customers.create({ metadata })
  const updated = await customers.update(created.id, { metadata: { plain: '', more: 'm' } })

  expect(Object.keys(created.metadata)).toEqual(expect.arrayContaining(['constructor', 'plain']))
  expect(updated.metadata).toMatchObject({ constructor: 'y', more: 'm' })
  expect(updated.metadata).not.toHaveProperty('plain')
  expect(({} as Record<string, unknown>)['x']).toBeUndefined()
})

test('prices are found by lookup key, which moves from one price to another', async () => {
  const { stripe, url } = await startStripe()
  const { small } = stock(stripe)
  const { prices } = stripeClient(url)
  const wanted = {
    currency: 'usd',
    unit_amount: 1200,
    product_data: { name: 'Small 2' },
    lookup_key: 'small',
  }
  await expect(prices.create(wanted)).rejects.toMatchObject({ param: 'lookup_key' })

  const moved = await prices.create({
    ...wanted,
    transfer_lookup_key: true,
    recurring: { interval: 'month' },
  })

  const found = await prices.list({ lookup_keys: ['small', 'large'], expand: ['data.product'] })
  expect(found.data.map(({ id }) => id)).toContain(moved.id)
  expect(found.data.map(({ id }) => id)).not.toContain(small)
  expect(found.data[0]!.product).toMatchObject({ object: 'product', name: 'Small 2' })
  const updated = stripe.state.events().filter(({ type }) => type === 'price.updated')
  expect(updated.map(({ object }) => JSON.parse(object).lookup_key)).toEqual([null])
})

test('resources stand in the place of their ids where that is asked for, deeply', async () => {
  const { stripe, url } = await startStripe()
  const { id } = subscribe(stripe, stock(stripe).small)
  const client = stripeClient(url)

  const { data } = await client.subscriptions.list({
    expand: ['data.customer', 'data.latest_invoice.payments'],
  })

  expect(data).toMatchObject([
    {
      id,
      customer: { email: 'ada@example.com' },
      latest_invoice: { payments: { data: [{ payment: { type: 'payment_intent' } }] } },
    },
  ])
  await expect(client.subscriptions.retrieve(id, { expand: ['nothing'] })).rejects.toThrow(
    'cannot be expanded',
  )
  expect(stripe.state.subscriptions()[0]!.customer).toMatch(/^cus_/)
})
