import { describe, expect, it } from 'vitest'
import checkoutSession from '../../../functions/authlance/payments/api/v1/checkout-session.ts'
import { openShop, PAY, type Shop } from '../../parts/shop.ts'

const lastSession = ({ stripe }: Shop) => stripe.state.sessions().at(-1)!

describe('a checkout', () => {
  it('leads to a session with the group, its long name and the buyer in its metadata, and our addresses', async () => {
    const shop = await openShop({ stripe: { trialPeriodDays: 14 } })
    const ada = await shop.signIn('Ada')
    const answer = await shop.buy('Acme ', ada, { extraMetadata: { campaign: 'spring' } })
    expect(answer.status).toBe(200)

    const session = lastSession(shop)
    const { id: reservation } = await shop.env.db
      .selectFrom('checkout_reservations')
      .select('id')
      .executeTakeFirstOrThrow()
    const metadata = {
      campaign: 'spring',
      group: 'acme',
      groupLongName: 'The Acme  company',
      identity: ada.identity,
      reservation,
    }
    expect(answer.body).toEqual({ url: session.url })
    expect(session).toMatchObject({
      mode: 'subscription',
      client_reference_id: 'acme',
      metadata,
      subscription_data: { metadata, trial_period_days: 14 },
      customer_email: 'ada@example.com',
      success_url:
        'https://app.example.com/dashboard/subscription/payment/success?session_id={CHECKOUT_SESSION_ID}',
      cancel_url: 'https://www.example.com',
    })
  })

  it('holds the name for exactly the life of the session, 31 minutes', async () => {
    const shop = await openShop()
    const before = Date.now()
    await shop.buy('acme', await shop.signIn('Ada'))
    const row = await shop.env.db.selectFrom('checkout_reservations').selectAll().executeTakeFirstOrThrow()
    expect(row).toMatchObject({ state: 'open', held_name: 'acme', session_id: lastSession(shop).id })
    expect(row.expires_at).toBe(lastSession(shop).expires_at * 1000)
    expect(row.expires_at - before).toBeGreaterThan(30.9 * 60_000)
    expect(row.expires_at - before).toBeLessThan(31.2 * 60_000)
  })

  it('verified users only', async () => {
    const shop = await openShop()
    const answer = await shop.buy('acme', await shop.signIn('Ada', { verified: false }))
    expect([answer.status, answer.body.code]).toEqual([403, 'email_unverified'])
    expect(shop.stripe.state.sessions()).toEqual([])
  })

  it('the availability signature is checked: name, identity and age', async () => {
    const shop = await openShop()
    const [ada, eve] = [await shop.signIn('Ada'), await shop.signIn('Eve')]
    const { signature } = (await shop.check('acme', ada)).body
    const refused = [
      await shop.buy('acme', ada, { signature: 'x' }),
      await shop.buy('acme', ada, { signature: '' }),
      await shop.buy('other', ada, { signature }),
      await shop.buy('acme', eve, { signature }),
    ]
    shop.clock.advance(30 * 60_000)
    refused.push(await shop.buy('acme', ada, { signature }))
    for (const { status, body } of refused) {
      expect([status, body.code]).toEqual([400, 'availability_signature_invalid'])
    }
    expect((await shop.tables()).reservations).toBe(0)
  })

  it.each([
    [undefined, 14],
    [7, 7],
    [0, null],
    [30, 14],
  ])(
    'the trial is from the configuration unless a smaller one is asked for: %s of 14',
    async (asked, given) => {
      const shop = await openShop({ stripe: { trialPeriodDays: 14 } })
      const order = asked === undefined ? {} : { trialPeriodDays: asked }
      expect((await shop.buy('acme', await shop.signIn('Ada'), order)).status).toBe(200)
      expect(lastSession(shop).subscription_data.trial_period_days).toBe(given)
    },
  )

  it.each([-1, 1.5, '3', 731])('a trial of %s days is refused', async (trialPeriodDays) => {
    const shop = await openShop()
    const { status, body } = await shop.buy('acme', await shop.signIn('Ada'), { trialPeriodDays })
    expect([status, body.code]).toEqual([400, 'invalid_request'])
  })

  it.each(['group', 'groupLongName', 'identity', 'reservation', 'Reservation'])(
    'extra metadata with our key %s is refused',
    async (key) => {
      const shop = await openShop()
      const { status, body } = await shop.buy('acme', await shop.signIn('Ada'), {
        extraMetadata: { [key]: 'x' },
      })
      expect([status, body.code]).toEqual([400, 'reserved_metadata'])
    },
  )

  it("extra metadata beyond Stripe's limits is refused", async () => {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']))
    const values = [many(47), { ['k'.repeat(41)]: 'v' }, { k: 'v'.repeat(501) }, { 'a[b]': 'v' }, { k: 1 }]
    for (const extraMetadata of values) {
      const { status, body } = await shop.buy('acme', ada, { extraMetadata })
      expect([status, body.code]).toEqual([400, 'invalid_request'])
    }
    expect((await shop.buy('acme', ada, { extraMetadata: many(46) })).status).toBe(200)
  })

  it.each(['unknown', 'price_unknown1', ''])(
    'a lookup key that no tier has, %s, is refused',
    async (lookupKey) => {
      const shop = await openShop()
      const { status } = await shop.buy('acme', await shop.signIn('Ada'), { lookupKey })
      expect(status).toBe(400)
      expect((await shop.tables()).reservations).toBe(0)
    },
  )

  it('a tier may name a price by its id', async () => {
    const idOf = ({ state }: Shop['stripe']) => state.prices()[0]!.id
    const shop = await openShop({
      config: (stripe) => ({ paymentTiers: [{ tierName: 'By id', lookupKey: idOf(stripe) }] }),
    })
    const price = { id: idOf(shop.stripe) }
    const answer = await shop.buy('acme', await shop.signIn('Ada'), { lookupKey: price.id })
    expect(answer.status).toBe(200)
    expect(lastSession(shop).items[0]!.price!.id).toBe(price.id)
  })

  it('a variant that is paid once opens a payment, not a subscription', async () => {
    const shop = await openShop({ stripe: { trialPeriodDays: 14 } })
    expect((await shop.buy('acme', await shop.signIn('Ada'), { lookupKey: 'forever' })).status).toBe(200)
    const session = lastSession(shop)
    expect([session.mode, session.customer_creation]).toEqual(['payment', 'always'])
    expect(session.intent_metadata).toMatchObject({ group: 'acme' })
  })

  it('a price that Stripe archived since is unknown, and its successor is found at once', async () => {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    await shop.buy('other', ada)
    const { state, actions } = shop.stripe
    const [price] = state.prices()
    Object.assign(price!, { active: false, lookup_key: null })
    const { status, body } = await shop.buy('acme', ada)
    expect([status, body.code]).toEqual([400, 'price_unknown'])
    const product = price!.product as string
    const next = { product, currency: 'usd', unit_amount: 1200, lookup_key: 'standard' }
    actions.createPrice({ ...next, recurring: { interval: 'month' } })
    expect((await shop.buy('acme', ada)).status).toBe(200)
  })

  it('without a key or the address of the dashboard, payments are not configured', async () => {
    for (const missing of ['secretKey', 'successBaseUrl']) {
      const shop = await openShop({ stripe: { [missing]: null } })
      const { status, body } = await shop.buy('acme', await shop.signIn('Ada'))
      expect([status, body.code]).toEqual([400, 'payments_not_configured'])
      expect((await shop.tables()).reservations).toBe(0)
    }
  })

  it('a visitor is asked to sign in first', async () => {
    const shop = await openShop()
    const { status, body } = await shop.post(checkoutSession, `${PAY}/checkout-session`, {})
    expect([status, body.code]).toEqual([401, 'unauthenticated'])
  })
})
