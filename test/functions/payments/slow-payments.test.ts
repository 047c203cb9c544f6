import { describe, expect, it } from 'vitest'
import { findLapsedReservations } from '../../../lib/billing/checkout/reservations.ts'
import { openShop, type Shop } from '../../parts/shop.ts'

const ONE = { groups: 1, memberships: 1, subscriptions: 1, reservations: 1 }

describe('a payment that takes its time', () => {
  async function debit() {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    const checkout = await shop.buy('acme', ada, { lookupKey: 'forever' })
    const id = shop.sessionOf(checkout)
    shop.stripe.actions.pay(id, { card: 'async' })
    const [answer] = await shop.comeBack(checkout, ada)
    expect(answer!.status).toBe(404)
    return { shop, ada, checkout, id }
  }
  const reservation = ({ env }: Shop) =>
    env.db.selectFrom('checkout_reservations').selectAll().executeTakeFirstOrThrow()

  it('holds its name beyond the time of the session', async () => {
    const { shop, ada } = await debit()
    expect(await reservation(shop)).toMatchObject({ state: 'processing', held_name: 'acme' })
    await shop.env.db.updateTable('checkout_reservations').set({ expires_at: 1 }).execute()
    const eve = await shop.signIn('Eve')
    expect((await shop.check('acme', eve)).body.available).toBe(false)
    expect((await shop.check('acme', ada)).body.available).toBe(false)
  })

  it('is looked at once an hour, so that it does not keep lapsed names from being settled', async () => {
    const { shop } = await debit()
    const now = shop.env.clock.now()
    expect(await findLapsedReservations(shop.env.db, now + 59 * 60_000, 10)).toEqual([])
    expect(await findLapsedReservations(shop.env.db, now + 61 * 60_000, 10)).toHaveLength(1)
  })

  it('frees the name once it has failed, although no webhook told of it', async () => {
    const { shop, checkout, ada, id } = await debit()
    shop.stripe.actions.settleAsync(id, false)
    expect((await shop.comeBack(checkout, ada)).map(({ status }) => status)).toEqual([404])
    expect(await reservation(shop)).toMatchObject({ state: 'released', held_name: null })
    expect((await shop.buy('acme', await shop.signIn('Eve'))).status).toBe(200)
    expect(await shop.tables()).toMatchObject({ groups: 0, memberships: 0, subscriptions: 0 })
  })

  it('of a subscription does the same', async () => {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    const checkout = await shop.buy('acme', ada)
    shop.stripe.actions.pay(shop.sessionOf(checkout), { card: 'async' })
    expect((await shop.comeBack(checkout, ada)).map(({ status }) => status)).toEqual([404])
    expect(await reservation(shop)).toMatchObject({ state: 'processing', held_name: 'acme' })
    shop.stripe.actions.settleAsync(shop.sessionOf(checkout), true)
    expect((await shop.comeBack(checkout, ada)).map(({ status }) => status)).toEqual([200, 200])
    expect(await shop.tables()).toEqual(ONE)
  })

  it('makes the group once it has succeeded', async () => {
    const { shop, ada, checkout, id } = await debit()
    shop.stripe.actions.settleAsync(id, true)
    expect((await shop.comeBack(checkout, ada)).map(({ status }) => status)).toEqual([200, 200])
    expect(await shop.tables()).toEqual(ONE)
  })
})

it('while Stripe is away, the buyer is asked to come again', async () => {
  const shop = await openShop()
  const ada = await shop.signIn('Ada')
  const checkout = await shop.buy('acme', ada)
  shop.stripe.actions.pay(shop.sessionOf(checkout))
  shop.stripe.faults.down(true)
  const [answer] = await shop.comeBack(checkout, ada)
  expect([answer!.status, answer!.body.code]).toEqual([503, 'payments_unavailable'])
  expect(answer!.headers.get('retry-after')).toBe('2')
  shop.stripe.faults.down(false)
  expect((await shop.comeBack(checkout, ada)).map(({ status }) => status)).toEqual([200, 200])
})
