import { AsyncLocalStorage } from 'node:async_hooks'
import type { Kysely, Transaction } from 'kysely'
import { expect, it, onTestFinished, vi } from 'vitest'
import { settleLapsedCheckouts } from '../../../lib/billing/checkout/complete-checkout.ts'
import type { Database } from '../../../lib/db/tables.ts'
import { openShop } from '../../parts/shop.ts'

const TRACE = { requestId: 'test', traceparent: '00-0-0-01' }
const within = new AsyncLocalStorage<true>()

/** The database, whose transactions can be told from what runs outside of them. */
function marked(db: Kysely<Database>): Kysely<Database> {
  return new Proxy(db, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (name !== 'transaction') return typeof value === 'function' ? value.bind(target) : value
      return () => ({
        execute: (work: (trx: Transaction<Database>) => Promise<unknown>) =>
          target.transaction().execute((trx) => within.run(true, () => work(trx))),
      })
    },
  })
}

it('no network call is made inside any transaction of a checkout', async () => {
  const asked: { url: string; inside: boolean }[] = []
  const { fetch } = globalThis
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    asked.push({ url: new URL(url).pathname, inside: within.getStore() === true })
    return fetch(input, init)
  })
  onTestFinished(() => spy.mockRestore())

  const shop = await openShop({ stripe: { trialPeriodDays: 14 } })
  shop.env.db = marked(shop.env.db)
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
  const calls = new Set(asked.map(({ url }) => url.replace(/cs_test_\w+|cs_\w+/, '{id}')))
  expect([...calls].sort()).toEqual([
    '/v1/checkout/sessions',
    '/v1/checkout/sessions/{id}',
    '/v1/checkout/sessions/{id}/expire',
    '/v1/prices',
  ])
  expect(asked.filter(({ inside }) => inside)).toEqual([])
})
