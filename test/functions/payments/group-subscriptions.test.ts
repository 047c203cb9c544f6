import { describe, expect, it } from 'vitest'
import adminSubscriptions from '../../../functions/authlance/identity/api/v1/admin/subscriptions/group/[groupId].ts'
import active from '../../../functions/authlance/identity/api/v1/profile/subscriptions/[user]/[group]/active.ts'
import { type Buyer, I, makeSysadmin, openSoldShop, type Shop } from '../../parts/shop.ts'

describe("a group's subscription", () => {
  const ask = (shop: Shop, group: string, buyer?: Buyer) =>
    shop.get(active, `${I}/profile/subscriptions/me/${group}/active`, buyer)

  it('is the live one, a bought one before our own, else the most recent', async () => {
    const { shop, ada, bought } = await openSoldShop('acme')
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
    const { shop, ada } = await openSoldShop('acme')
    const [eve, root] = [await shop.signIn('Eve'), await shop.signIn('Root')]
    await makeSysadmin(shop, root)
    expect((await ask(shop, 'acme', eve)).status).toBe(404)
    expect((await ask(shop, 'acme', root)).status).toBe(200)
    expect((await ask(shop, 'acme')).status).toBe(401)
    await shop.env.db.deleteFrom('subscriptions').execute()
    expect((await ask(shop, 'acme', ada)).status).toBe(404)
  })

  it('and all of them are for sysadmins, the newest first; 404 when there is none', async () => {
    const { shop, ada, bought } = await openSoldShop('acme')
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
