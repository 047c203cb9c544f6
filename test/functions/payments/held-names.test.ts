import { describe, expect, it } from 'vitest'
import { signAvailability } from '../../../lib/billing/availability.ts'
import { settleLapsedCheckouts } from '../../../lib/billing/checkout/complete-checkout.ts'
import { releaseReservation } from '../../../lib/billing/checkout/release-reservation.ts'
import { transact } from '../../../lib/db/transact.ts'
import { createGroup } from '../../../lib/identity/groups.ts'
import { requirePart } from '../../parts/available.ts'
import { type Buyer, openShop, type Shop } from '../../parts/shop.ts'

const MINUTE_MS = 60_000
const DATABASES = ['sqlite', ...(requirePart('mariadb') ? [] : ['mariadb'])] as ('sqlite' | 'mariadb')[]
const TRACE = { requestId: 'test', traceparent: '00-0-0-01' }

/** The signature of a check that was made before somebody else took the name. */
const earlier = async ({ env }: Shop, name: string, { identity }: Buyer) => ({
  signature: await signAvailability(env.keys, { name, identity }, env.clock.now()),
})

describe.each(DATABASES)('a name that is held, on %s', (database) => {
  it('two buyers cannot both pay for one name: the second gets 409', async () => {
    const shop = await openShop({ database })
    const [ada, eve] = [await shop.signIn('Ada'), await shop.signIn('Eve')]
    expect((await shop.buy('acme', ada)).status).toBe(200)
    const second = await shop.buy('acme', eve, await earlier(shop, 'acme', eve))
    expect([second.status, second.body.code]).toEqual([409, 'group_name_taken'])
    expect(shop.stripe.state.sessions()).toHaveLength(1)
  })

  it('of ten buyers at once, one gets a checkout', async () => {
    const shop = await openShop({ database })
    const buyers = await Promise.all(Array.from({ length: 10 }, (_, index) => shop.signIn(`Buyer${index}`)))
    const answers = await Promise.all(
      buyers.map(async (buyer) => shop.buy('acme', buyer, await earlier(shop, 'acme', buyer))),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(409)])
    expect(shop.stripe.state.sessions()).toHaveLength(1)
  })

  it('a bootstrap or another creation takes no name that a reservation holds', async () => {
    const shop = await openShop({ database, config: { authlance: { autoCreateGroup: true } } })
    const [ada] = [await shop.signIn('Ada')]
    await shop.buy('eve-lovelace', ada)
    await shop.signIn('Eve')
    const names = (await shop.env.db.selectFrom('groups').select('name').execute()).map(({ name }) => name)
    expect(names.sort()).toEqual(['ada-lovelace', 'eve-lovelace-b'])
  })

  it('a creation and a checkout that race for one name never both have it', async () => {
    const shop = await openShop({ database })
    const buyers = await Promise.all(Array.from({ length: 8 }, (_, index) => shop.signIn(`Buyer${index}`)))
    await Promise.all(
      buyers.map(async (buyer, index) => {
        const order = await earlier(shop, `acme-${'abcdefgh'[index]}`, buyer)
        const name = `acme-${'abcdefgh'[index]}`
        await Promise.all([
          shop.buy(name, buyer, order),
          transact(shop.env.db, (trx) => createGroup(trx, { name, slugSource: name, longName: name }, 1)),
        ])
      }),
    )
    const groups = (await shop.env.db.selectFrom('groups').select('name').execute()).map(({ name }) => name)
    const held = await shop.env.db.selectFrom('checkout_reservations').select('held_name').execute()
    expect(held.filter(({ held_name: name }) => name !== null && groups.includes(name))).toEqual([])
  })

  it('at most three checkouts of one identity are open, also in parallel', async () => {
    const shop = await openShop({ database })
    const ada = await shop.signIn('Ada')
    const names = ['one', 'two', 'three', 'four', 'five', 'six']
    const answers = await Promise.all(names.map((name) => shop.buy(name, ada)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429, 429, 429])
    const refused = answers.find(({ status }) => status === 429)!
    expect([refused.body.code, refused.headers.get('retry-after')]).toEqual(['too_many_checkouts', '60'])
    expect((await shop.buy('acme', await shop.signIn('Eve'))).status).toBe(200)
  })
})

describe('the same identity that tries again', () => {
  it('expires and replaces its own session', async () => {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    const first = await shop.buy('acme', ada)
    const second = await shop.buy('acme', ada, { lookupKey: 'large' })
    expect(second.status).toBe(200)
    const sessions = shop.stripe.state.sessions()
    expect(sessions.map(({ status }) => status)).toEqual(['expired', 'open'])
    expect(sessions.map(({ id }) => id)).toEqual([shop.sessionOf(first), shop.sessionOf(second)])
    const rows = await shop.env.db
      .selectFrom('checkout_reservations')
      .selectAll()
      .orderBy('created_at')
      .execute()
    expect(rows.map(({ state, held_name: name }) => [state, name])).toEqual(
      expect.arrayContaining([
        ['released', null],
        ['open', 'acme'],
      ]),
    )
  })

  it('does so any number of times: a replaced checkout does not count as open', async () => {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    for (let round = 0; round < 6; round++) expect((await shop.buy('acme', ada)).status).toBe(200)
  })

  it('is sent to where a payment ends when the first one turns out to be paid', async () => {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    const first = await shop.buy('acme', ada)
    shop.stripe.actions.pay(shop.sessionOf(first))

    const second = await shop.buy('acme', ada)

    const url = `https://app.example.com/dashboard/subscription/payment/success?session_id=${shop.sessionOf(first)}`
    expect([second.status, second.body]).toEqual([200, { url }])
    expect(shop.stripe.state.sessions()).toHaveLength(1)
    expect(await shop.tables()).toEqual({ groups: 1, memberships: 1, subscriptions: 1, reservations: 1 })
    expect(await shop.subjects()).toEqual(['group.created', 'subscription.created'])
  })

  it('with two requests at once has one live session at Stripe in the end', async () => {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    const answers = await Promise.all([shop.buy('acme', ada), shop.buy('acme', ada), shop.buy('acme', ada)])
    const open = shop.stripe.state.sessions().filter(({ status }) => status === 'open')
    const answered = answers.filter(({ status }) => status === 200).map((answer) => shop.sessionOf(answer))
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true)
    expect(open).toHaveLength(1)
    expect(answered).toContain(open[0]!.id)
  })
})

describe('a hold that has lapsed', () => {
  /** Ada holds the name, and her time is over for us. */
  async function lapsed() {
    const shop = await openShop()
    const [ada, eve] = [await shop.signIn('Ada'), await shop.signIn('Eve')]
    const checkout = await shop.buy('acme', ada)
    shop.clock.advance(32 * MINUTE_MS)
    return { shop, ada, eve, checkout, sessionId: shop.sessionOf(checkout) }
  }

  it('is freed when Stripe says that its session expired', async () => {
    const { shop, eve } = await lapsed()
    shop.stripe.actions.advance(32 * MINUTE_MS)
    expect((await shop.buy('acme', eve)).status).toBe(200)
  })

  it('stays while Stripe still has its session open', async () => {
    const { shop, eve } = await lapsed()
    const { status, body } = await shop.buy('acme', eve)
    expect([status, body.code]).toEqual([409, 'group_name_taken'])
  })

  it('becomes the group of its buyer when it was paid', async () => {
    const { shop, eve, sessionId } = await lapsed()
    shop.stripe.actions.pay(sessionId)
    expect((await shop.buy('acme', eve)).status).toBe(409)
    expect(await shop.tables()).toMatchObject({ groups: 1, memberships: 1, subscriptions: 1 })
  })

  it('is not freed while Stripe cannot tell', async () => {
    const { shop, eve } = await lapsed()
    shop.stripe.faults.down(true)
    const { status, body } = await shop.buy('acme', eve)
    expect([status, body.code]).toEqual([503, 'payments_unavailable'])
    const row = await shop.env.db.selectFrom('checkout_reservations').selectAll().executeTakeFirstOrThrow()
    expect([row.state, row.held_name]).toEqual(['open', 'acme'])
  })

  it('is settled by the sweep, paid or not, although no webhook came', async () => {
    const { shop, ada, sessionId } = await lapsed()
    await shop.buy('other', ada)
    shop.clock.advance(32 * MINUTE_MS)
    shop.stripe.actions.pay(sessionId)
    shop.stripe.actions.advance(64 * MINUTE_MS)
    expect(await settleLapsedCheckouts(shop.env, shop.clock.now(), TRACE)).toBe(2)
    const rows = await shop.env.db.selectFrom('checkout_reservations').selectAll().execute()
    expect(rows.map(({ name, state, held_name: held }) => [name, state, held]).sort()).toEqual([
      ['acme', 'completed', null],
      ['other', 'released', null],
    ])
  })

  it('keeps no other from being settled when its own settling fails', async () => {
    const { shop, ada, eve, sessionId } = await lapsed()
    await shop.buy('other', eve)
    shop.clock.advance(32 * MINUTE_MS)
    shop.stripe.actions.pay(sessionId)
    shop.stripe.actions.advance(64 * MINUTE_MS)
    await shop.env.db.deleteFrom('users').where('identity', '=', ada.identity).execute()

    expect(await settleLapsedCheckouts(shop.env, shop.clock.now(), TRACE)).toBe(1)
    const rows = await shop.env.db.selectFrom('checkout_reservations').selectAll().execute()
    expect(rows.map(({ name, state }) => [name, state]).sort()).toEqual([
      ['acme', 'open'],
      ['other', 'released'],
    ])
  })
})

it('a name is freed when its session expired, and a completed checkout is not', async () => {
  const shop = await openShop()
  const [ada, eve] = [await shop.signIn('Ada'), await shop.signIn('Eve')]
  const open = await shop.buy('acme', ada)
  const paid = await shop.buy('other', ada)
  shop.stripe.actions.pay(shop.sessionOf(paid))
  await shop.comeBack(paid, ada)
  expect(await releaseReservation(shop.env.db, shop.sessionOf(open), Date.now())).toBe(true)
  expect(await releaseReservation(shop.env.db, shop.sessionOf(open), Date.now())).toBe(false)
  expect(await releaseReservation(shop.env.db, shop.sessionOf(paid), Date.now())).toBe(false)
  expect((await shop.buy('acme', eve)).status).toBe(200)
  expect((await shop.check('other', eve)).body.available).toBe(false)
})
