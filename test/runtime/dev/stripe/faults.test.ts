import { expect, test } from 'vitest'
import { startStripe, stripeClient } from './start-stripe.ts'

test('a service that is down answers 503 until it is back', async () => {
  const { stripe, url } = await startStripe()
  const { customers } = stripeClient(url)
  stripe.faults.down(true)
  await expect(customers.create({})).rejects.toMatchObject({ statusCode: 503, type: 'StripeAPIError' })

  stripe.faults.down(false)

  await expect(customers.create({})).resolves.toMatchObject({ object: 'customer' })
  expect(stripe.state.customers()).toHaveLength(1)
})

test('so many calls are limited, and the next one is not', async () => {
  const { stripe, url } = await startStripe()
  const { customers } = stripeClient(url)
  stripe.faults.rateLimit(2)

  const limited = { statusCode: 429, code: 'rate_limit', type: 'StripeRateLimitError' }
  await expect(customers.create({})).rejects.toMatchObject(limited)
  await expect(customers.create({})).rejects.toMatchObject(limited)
  await expect(customers.create({})).resolves.toMatchObject({ object: 'customer' })
})

test('a call whose answer is lost was carried out, and its retry does not do it again', async () => {
  const { stripe, url } = await startStripe()
  stripe.faults.loseAnswers(1)

  const created = await stripeClient(url, { maxNetworkRetries: 1 }).customers.create({ name: 'Ada' })

  expect(stripe.state.customers()).toMatchObject([{ id: created.id, name: 'Ada' }])
})

test('a slow service answers late', async () => {
  const { stripe, url } = await startStripe()
  stripe.faults.delay(150)
  const started = performance.now()

  await stripeClient(url).customers.create({})

  expect(performance.now() - started).toBeGreaterThan(140)
})
