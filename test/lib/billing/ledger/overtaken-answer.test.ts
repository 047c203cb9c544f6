import { expect, onTestFinished, test } from 'vitest'
import { drainStripeEvents } from '../../../../lib/billing/ledger/drain-stripe-events.ts'
import { storeStripeEvent } from '../../../../lib/billing/store-stripe-event.ts'
import { readStripeEvent } from '../../../../lib/billing/stripe-event.ts'
import { newTrace } from '../../../../lib/http/trace.ts'
import { serveFetch } from '../../../../runtime/dev/serve-fetch.ts'
import { seededRandom } from '../../../parts/seeded-random.ts'
import { startStripe } from '../../../parts/stripe.ts'
import { createMailbox, subscribeMailbox } from '../../../parts/stripe-courier.ts'
import { createTestEnv } from '../../../parts/test-env.ts'

const SECOND = Date.UTC(2026, 0, 31, 12)

test('a change while Stripe answers is not lost, though the answer is dated in the second after it', async () => {
  let now = SECOND + 950
  const mailbox = createMailbox(seededRandom(1))
  const { stripe, url } = await startStripe({ now: () => now, webhookFetch: mailbox.fetch })
  subscribeMailbox(stripe)
  const { createPrice, createProduct, createCustomer, createSubscription, changePlan } = stripe.actions
  const [small, large] = [1000, 3000].map((unit_amount) => {
    const product = createProduct({ name: 'Plan' }).id
    return createPrice({ product, currency: 'usd', unit_amount, recurring: { interval: 'month' } }).id
  }) as [string, string]
  const { id } = createSubscription({ customer: createCustomer().id, price: small })
  let overtaken = false
  const server = await serveFetch(async (request) => {
    const { pathname, search } = new URL(request.url)
    const answer = await fetch(url + pathname + search, { headers: request.headers })
    if (!overtaken && pathname.includes('/subscriptions/')) {
      overtaken = true
      changePlan(id, large)
      now = SECOND + 1000
    }
    const headers = { 'content-type': 'application/json', date: new Date(now).toUTCString() }
    return new Response(await answer.text(), { status: answer.status, headers })
  })
  onTestFinished(server.close)
  const { env, close } = await createTestEnv({
    config: { stripe: { secretKey: 'sk_test_late', apiBase: server.url, maxRetries: 0 } },
  })
  onTestFinished(close)
  const tell = async (type: string) => {
    for (const { body } of mailbox.take()) {
      const event = readStripeEvent(JSON.parse(body))!
      if (event.type !== type) continue
      await storeStripeEvent(env.db, { event, raw: body, now: Date.now(), trace: newTrace() })
    }
    await drainStripeEvents({ ...env, owner: 'replica', random: Math.random })
    return env.db.selectFrom('subscriptions').select(['price_id']).execute()
  }

  await stripe.delivery.deliverAll()
  expect(await tell('invoice.finalized')).toEqual([{ price_id: small }])
  expect(overtaken).toBe(true)
  await stripe.delivery.deliverAll()
  expect(await tell('customer.subscription.updated')).toEqual([{ price_id: large }])
})
