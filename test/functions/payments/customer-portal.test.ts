import { describe, expect, it } from 'vitest'
import customerPortal from '../../../functions/authlance/payments/api/v1/customer-portal.ts'
import { type Buyer, makeSysadmin, openSoldShop, PAY, type Shop } from '../../parts/shop.ts'

describe('the customer portal', () => {
  const open = (shop: Shop, customerId: unknown, buyer?: Buyer) =>
    shop.post(customerPortal, `${PAY}/customer-portal`, { customerId }, buyer)

  it("opens for a group-admin of the customer's group, and for a sysadmin", async () => {
    const { shop, ada, bought } = await openSoldShop('acme')
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
    const { shop, ada, bought } = await openSoldShop('acme')
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
    const { shop, ada, bought } = await openSoldShop('acme', {
      stripe: { portalReturnUrl: 'https://app.example.com/home' },
    })
    await open(shop, bought.billingCustomerId, ada)
    expect(shop.stripe.state.portalSessions().at(-1)!.return_url).toBe('https://app.example.com/home')
    shop.stripe.faults.down(true)
    expect((await open(shop, bought.billingCustomerId, ada)).body.code).toBe('payments_unavailable')
  })
})
