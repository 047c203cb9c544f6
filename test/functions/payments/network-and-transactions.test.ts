import { expect, it } from 'vitest'
import { settleLapsedCheckouts } from '../../../lib/billing/checkout/complete-checkout.ts'
import { openShop } from '../../parts/shop.ts'
import { watchCalls } from '../../parts/watch-calls.ts'

const TRACE = { requestId: 'test', traceparent: '00-0-0-01' }
it('no network call is made inside any transaction of a checkout', async () => {
  const { calls, watched } = watchCalls()
  const shop = await openShop({ stripe: { trialPeriodDays: 14 } })
  shop.env.db = watched(shop.env.db)
  const [ada, eve] = [await shop.signIn('Ada'), await shop.signIn('Eve')]
  await shop.buy('acme', ada)
  const checkout = await shop.buy('acme', ada)
  shop.stripe.actions.pay(shop.sessionOf(checkout))
  expect((await shop.comeBack(checkout, ada)).map(({ status }) => status)).toEqual([200, 200])
  const once = await shop.buy('other', ada, { lookupKey: 'forever' })
  shop.stripe.actions.pay(shop.sessionOf(once))
  await shop.buy('other', ada)
  await shop.buy('third', eve)
  shop.clock.advance(32 * 60_000)
  shop.stripe.actions.advance(32 * 60_000)
  await settleLapsedCheckouts(shop.env, shop.clock.now(), TRACE)

  expect(await shop.tables()).toEqual({ groups: 2, memberships: 2, subscriptions: 2, reservations: 4 })
  const paths = new Set(calls.map(({ path }) => path.replace(/cs_test_\w+|cs_\w+/, '{id}')))
  expect([...paths].sort()).toEqual([
    '/v1/checkout/sessions',
    '/v1/checkout/sessions/{id}',
    '/v1/checkout/sessions/{id}/expire',
    '/v1/prices',
  ])
  expect(calls.filter(({ inside }) => inside)).toEqual([])
})
