import { describe, expect, it } from 'vitest'
import adminSubscriptions from '../../../functions/authlance/identity/api/v1/admin/subscriptions/group/[groupId].ts'
import active from '../../../functions/authlance/identity/api/v1/profile/subscriptions/[user]/[group]/active.ts'
import privateTiers from '../../../functions/authlance/identity/api/v1/profile/subscriptions/[user]/tiers.ts'
import tiers from '../../../functions/authlance/identity/api/v1/subscriptions/tiers.ts'
import customerPortal from '../../../functions/authlance/payments/api/v1/customer-portal.ts'
import productDetails from '../../../functions/authlance/payments/api/v1/product-details.ts'
import { invalidatePrices } from '../../../lib/billing/prices.ts'
import { type Buyer, I, openShop, PAY, type Shop } from '../../parts/shop.ts'

async function makeSysadmin({ env }: Shop, { identity }: Buyer): Promise<void> {
  const { id } = await env.db
    .selectFrom('users')
    .select('id')
    .where('identity', '=', identity)
    .executeTakeFirstOrThrow()
  await env.db.insertInto('user_roles').values({ user_id: id, role: 'sysadmin' }).execute()
}

async function sold(name: string, options = {}) {
  const shop = await openShop(options)
  const ada = await shop.signIn('Ada')
  const checkout = await shop.buy(name, ada)
  shop.stripe.actions.pay(shop.sessionOf(checkout))
  const [, bought] = await shop.comeBack(checkout, ada)
  return { shop, ada, bought: bought!.body }
}

describe('the customer portal', () => {
  const open = (shop: Shop, customerId: unknown, buyer?: Buyer) =>
    shop.post(customerPortal, `${PAY}/customer-portal`, { customerId }, buyer)

  it("opens for a group-admin of the customer's group, and for a sysadmin", async () => {
    const { shop, ada, bought } = await sold('acme')
    const answer = await open(shop, bought.billingCustomerId, ada)
    const portal = shop.stripe.state.portalSessions().at(-1)!
    expect([answer.status, answer.body]).toEqual([200, { url: portal.url }])
    expect(portal).toMatchObject({
      customer: bought.billingCustomerId,
      return_url: 'https://app.example.com/dashboard/subscription/plan-updated',
    })
    const root = await shop.signIn('Root')
    await makeSysadmin(shop, root)
    expect((await open(shop, bought.billingCustomerId, root)).status).toBe(200)
  })

  it('of a group that is not one’s own to manage looks absent', async () => {
    const { shop, ada, bought } = await sold('acme')
    const eve = await shop.signIn('Eve')
    const absent = await open(shop, 'cus_unknown', ada)
    expect([absent.status, absent.body.code]).toEqual([404, 'not_found'])
    expect((await open(shop, bought.billingCustomerId, eve)).status).toBe(404)

    await shop.env.db.deleteFrom('membership_roles').execute()
    expect((await open(shop, bought.billingCustomerId, ada)).status).toBe(404)
    expect((await open(shop, bought.billingCustomerId)).status).toBe(401)
    expect((await open(shop, '', ada)).status).toBe(400)
    expect(shop.stripe.state.portalSessions()).toEqual([])
  })

  it('returns to the configured page, and is 503 while Stripe is down', async () => {
    const { shop, ada, bought } = await sold('acme', {
      stripe: { portalReturnUrl: 'https://app.example.com/home' },
    })
    await open(shop, bought.billingCustomerId, ada)
    expect(shop.stripe.state.portalSessions().at(-1)!.return_url).toBe('https://app.example.com/home')
    shop.stripe.faults.down(true)
    expect((await open(shop, bought.billingCustomerId, ada)).body.code).toBe('payments_unavailable')
  })
})

describe('product details', () => {
  const ask = (shop: Shop, lookup_key: string) =>
    shop.post(productDetails, `${PAY}/product-details`, { lookup_key })

  it('are the price as Stripe writes it, with its product and without metadata, for anybody', async () => {
    const shop = await openShop()
    const { status, body } = await ask(shop, 'standard')
    const price = shop.stripe.state.prices()[0]!
    expect([status, body]).toEqual([
      200,
      {
        product: {
          id: price.id,
          object: 'price',
          active: true,
          currency: 'usd',
          type: 'recurring',
          unit_amount: 1000,
          lookup_key: 'standard',
          recurring: { interval: 'month', interval_count: 1 },
          product: {
            object: 'product',
            id: price.product,
            name: 'Standard',
            description: null,
            active: true,
            images: [],
          },
        },
      },
    ])
  })

  it('of what no tier names are not told, even when Stripe has it', async () => {
    const shop = await openShop()
    const { createPrice, createProduct } = shop.stripe.actions
    const product = createProduct({ name: 'Secret' }).id
    createPrice({ product, currency: 'usd', unit_amount: 1, lookup_key: 'secret', recurring: null })
    const { status, body } = await ask(shop, 'secret')
    expect([status, body.code]).toEqual([404, 'not_found'])
    expect((await ask(shop, shop.stripe.state.prices()[0]!.id)).status).toBe(404)
  })

  it('of a tier that Stripe has no price for are not found', async () => {
    const shop = await openShop({ config: { paymentTiers: [{ tierName: 'Later', lookupKey: 'later' }] } })
    expect((await ask(shop, 'later')).status).toBe(404)

    const product = shop.stripe.actions.createProduct({ name: 'Later' }).id
    const recurring = { interval: 'month' as const }
    shop.stripe.actions.createPrice({
      product,
      currency: 'usd',
      unit_amount: 1,
      lookup_key: 'later',
      recurring,
    })
    expect((await ask(shop, 'later')).status).toBe(404)
    shop.clock.advance(5000)
    expect((await ask(shop, 'later')).status).toBe(200)
  })

  it('are cached for 5 minutes, and refreshed by an event of a price or a product', async () => {
    const shop = await openShop()
    const { createPrice, createProduct } = shop.stripe.actions
    await ask(shop, 'standard')
    const product = createProduct({ name: 'New' }).id
    const next = {
      product,
      currency: 'usd',
      lookup_key: 'standard',
      recurring: { interval: 'month' as const },
    }
    createPrice({ ...next, unit_amount: 2000, transfer_lookup_key: true } as never)
    expect((await ask(shop, 'standard')).body.product.unit_amount).toBe(1000)
    shop.stripe.faults.down(true)
    expect((await ask(shop, 'standard')).status).toBe(200)
    shop.stripe.faults.down(false)

    invalidatePrices(shop.config)
    expect((await ask(shop, 'standard')).body.product.unit_amount).toBe(2000)
    createPrice({ ...next, unit_amount: 3000, transfer_lookup_key: true } as never)
    shop.clock.advance(5 * 60_000)
    expect((await ask(shop, 'standard')).body.product.unit_amount).toBe(3000)
  })
})

describe("a group's subscription", () => {
  const ask = (shop: Shop, group: string, buyer?: Buyer) =>
    shop.get(active, `${I}/profile/subscriptions/me/${group}/active`, buyer)

  it('is the live one, a bought one before our own, else the most recent', async () => {
    const { shop, ada, bought } = await sold('acme')
    const { db } = shop.env
    expect((await ask(shop, 'ACME', ada)).body).toEqual(bought)
    const row = await db.selectFrom('subscriptions').selectAll().executeTakeFirstOrThrow()
    const { id: _, ...columns } = row
    const own = {
      provider: 'authlance',
      provider_subscription_id: 'group-1',
      started_at: row.started_at + 1000,
    }
    await db
      .insertInto('subscriptions')
      .values({ ...columns, ...own, tier_name: 'Own', status: 'active', ends_at: null })
      .execute()
    expect((await ask(shop, 'acme', ada)).body.tierName).toBe('Standard')

    await db
      .updateTable('subscriptions')
      .set({ status: 'canceled' })
      .where('provider', '=', 'stripe')
      .execute()
    expect((await ask(shop, 'acme', ada)).body).toMatchObject({
      tierName: 'Own',
      billingProvider: 'authlance',
    })
    await db.updateTable('subscriptions').set({ status: 'canceled' }).execute()
    expect((await ask(shop, 'acme', ada)).body).toMatchObject({ tierName: 'Own', status: 'canceled' })
  })

  it('is for members and sysadmins; without one it is 404', async () => {
    const { shop, ada } = await sold('acme')
    const [eve, root] = [await shop.signIn('Eve'), await shop.signIn('Root')]
    await makeSysadmin(shop, root)
    expect((await ask(shop, 'acme', eve)).status).toBe(404)
    expect((await ask(shop, 'acme', root)).status).toBe(200)
    expect((await ask(shop, 'acme')).status).toBe(401)
    await shop.env.db.deleteFrom('subscriptions').execute()
    expect((await ask(shop, 'acme', ada)).status).toBe(404)
  })

  it('and all of them are for sysadmins, the newest first; 404 when there is none', async () => {
    const { shop, ada, bought } = await sold('acme')
    const root = await shop.signIn('Root')
    await makeSysadmin(shop, root)
    const all = (id: unknown, buyer?: Buyer) =>
      shop.get(adminSubscriptions, `${I}/admin/subscriptions/group/${id}`, buyer)
    expect((await all(bought.groupId, root)).body).toEqual([bought])
    expect((await all(bought.groupId, ada)).body.code).toBe('forbidden')
    expect((await all(bought.groupId)).status).toBe(401)
    expect((await all(99, root)).status).toBe(404)
    for (const id of ['acme', '0', '1.5', '1e400']) expect((await all(id, root)).status).toBe(400)
  })
})

describe('the tiers on offer', () => {
  it('are the same for a visitor and for a signed-in user, with their variants', async () => {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    const open = await shop.get(tiers, `${I}/subscriptions/tiers`)
    expect(open.body.map(({ tierName }: { tierName: string }) => tierName)).toEqual(['Standard', 'Large'])
    expect(open.body[0].variants[0]).toMatchObject({ lookupKey: 'forever', billingModel: 'perpetual_manual' })
    expect((await shop.get(privateTiers, `${I}/profile/subscriptions/me/tiers`, ada)).body).toEqual(open.body)
    expect((await shop.get(privateTiers, `${I}/profile/subscriptions/me/tiers`)).status).toBe(401)
  })

  it('may name platforms and an App Store product; 404 when nothing is on offer', async () => {
    const ios = { tierName: 'Phone', platforms: ['ios'], ios_product_id: 'com.example.phone' }
    const shop = await openShop({ config: { paymentTier: undefined, paymentTiers: [ios] } })
    const on = (platform: string) => shop.get(tiers, `${I}/subscriptions/tiers?platform=${platform}`)
    expect((await on('ios')).body).toMatchObject([ios])
    expect((await on('android')).status).toBe(404)
    expect((await on('fax')).status).toBe(400)

    const empty = await openShop({ config: { paymentTiers: [] } })
    const ada = await empty.signIn('Ada')
    expect((await empty.get(privateTiers, `${I}/profile/subscriptions/me/tiers`, ada)).status).toBe(404)
  })

  it('the single paymentTier comes first, before paymentTiers', async () => {
    const shop = await openShop({ config: { paymentTier: { tierName: 'Default', lookupKey: 'default' } } })
    const { body } = await shop.get(tiers, `${I}/subscriptions/tiers`)
    expect(body.map(({ tierName }: { tierName: string }) => tierName)).toEqual([
      'Default',
      'Standard',
      'Large',
    ])
  })
})
