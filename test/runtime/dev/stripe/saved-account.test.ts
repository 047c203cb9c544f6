import { expect, test } from 'vitest'
import { createStripeStandIn } from '../../../../runtime/dev/stripe/stripe-stand-in.ts'
import { seededRandom } from '../../../parts/seeded-random.ts'
import { DAY_MS, eventTypes, START, startReceiver, startStripe, stock, subscribe } from './start-stripe.ts'

test('a saved account goes on where it stood: time, what is to come, and what was not delivered', async () => {
  const receiver = await startReceiver()
  const first = await startStripe()
  const { small } = stock(first.stripe)
  const { id } = subscribe(first.stripe, small)
  first.stripe.actions.advance(5 * DAY_MS)
  first.stripe.actions.createWebhookEndpoint({ url: receiver.url, enabledEvents: ['*'] })
  first.stripe.delivery.pause()
  first.stripe.actions.createCustomer({ name: 'undelivered' })

  const second = await startStripe()
  second.stripe.load(first.stripe.save())
  await second.stripe.delivery.idle()

  expect(second.stripe.now()).toBe(START + 5 * DAY_MS)
  first.stripe.delivery.forget()
  expect(JSON.parse(second.stripe.save())).toEqual(JSON.parse(first.stripe.save()))
  expect(JSON.parse(receiver.received[0]!.body)).toMatchObject({ data: { object: { name: 'undelivered' } } })
  second.stripe.actions.advance(24 * DAY_MS)
  expect(second.stripe.state.subscriptions().find((one) => one.id === id)!.status).toBe('active')
  expect(second.stripe.state.invoices()).toMatchObject([{ status: 'paid' }, { status: 'paid' }])
})

test('the same seed and the same clock give the same history', () => {
  const history = () => {
    const stripe = createStripeStandIn({
      baseUrl: 'http://stripe.test',
      now: () => START,
      random: seededRandom(7).next,
    })
    const { small, large } = stock(stripe)
    const { id } = subscribe(stripe, small, { trialDays: 7 })
    stripe.actions.advance(60 * DAY_MS)
    stripe.actions.changePlan(id, large)
    return stripe.save()
  }

  expect(history()).toBe(history())
})

test('changes are told of, and reads are not', async () => {
  let changes = 0
  const { stripe, url } = await startStripe({ onChange: () => void changes++ })
  const { small } = stock(stripe)
  changes = 0
  await fetch(`${url}/v1/prices/${small}`, { headers: { authorization: 'Bearer sk_test_any' } })
  stripe.tick()
  expect(changes).toBe(0)

  stripe.actions.createCustomer()

  expect(changes).toBe(1)
})

test('real time makes things due, too', async () => {
  let now = START
  const { stripe } = await startStripe({ now: () => now })
  const { id } = subscribe(stripe, stock(stripe).small)
  now += 29 * DAY_MS

  stripe.tick()

  expect(stripe.state.invoices()).toHaveLength(2)
  expect(stripe.state.subscriptions()).toMatchObject([{ id, status: 'active' }])
  expect(eventTypes(stripe).at(-1)).toBe('invoice_payment.paid')
})
