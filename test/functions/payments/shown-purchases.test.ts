import { describe, expect, it } from 'vitest'
import billing from '../../../functions/authlance/identity/api/v1/profile/subscriptions/[user]/billing/[billingSubscriptionID].ts'
import sessionId from '../../../functions/authlance/payments/api/v1/session-id.ts'
import { I, openShop, PAY } from '../../parts/shop.ts'

describe('a session that nobody may be told of', () => {
  it("somebody else's, one that is not paid, and one that is not ours look absent", async () => {
    const shop = await openShop()
    const [ada, eve] = [await shop.signIn('Ada'), await shop.signIn('Eve')]
    const checkout = await shop.buy('acme', ada)
    const ask = (id: unknown, buyer = ada) =>
      shop.post(sessionId, `${PAY}/session-id`, { sessionId: id }, buyer)
    const id = shop.sessionOf(checkout)
    for (const answer of [await ask(id), await ask(id, eve), await ask('cs_test_unknown')]) {
      expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
    }
    shop.stripe.actions.pay(id)
    expect((await ask(id, eve)).status).toBe(404)
    expect(await shop.tables()).toMatchObject({ groups: 0, memberships: 0 })
    expect((await ask('')).status).toBe(400)
    expect((await ask(7)).status).toBe(400)
  })

  it('a subscription is shown to members and the buyer alone', async () => {
    const shop = await openShop()
    const [ada, eve] = [await shop.signIn('Ada'), await shop.signIn('Eve')]
    const checkout = await shop.buy('acme', ada)
    shop.stripe.actions.pay(shop.sessionOf(checkout))
    const [resolved] = await shop.comeBack(checkout, ada)
    const ask = (id: string, buyer = ada) =>
      shop.get(billing, `${I}/profile/subscriptions/${ada.identity}/billing/${encodeURIComponent(id)}`, buyer)
    const { subscriptionId } = resolved!.body
    expect((await ask(subscriptionId, eve)).status).toBe(404)
    for (const id of ['sub_unknown', 'nothing', '../x', 'cs_test_unknown'])
      expect((await ask(id)).status).toBe(404)

    await shop.env.db.deleteFrom('memberships').execute()
    expect((await ask(subscriptionId)).status).toBe(200)
  })

  it("one made in Stripe's dashboard is taken in by its group's admin before its webhook came", async () => {
    const shop = await openShop({ config: { authlance: { autoCreateGroup: true } } })
    const [ada, eve] = [await shop.signIn('Ada'), await shop.signIn('Eve')]
    const { actions, state } = shop.stripe
    const customer = actions.createCustomer({ email: ada.email })
    actions.setPaymentMethod(customer.id, 'ok')
    const price = state.prices().find(({ lookup_key: key }) => key === 'large')!.id
    const metadata = { group: 'ada-lovelace' }
    const made = actions.createSubscription({ customer: customer.id, price, metadata })
    const path = `${I}/profile/subscriptions/me/billing/${made.id}`
    expect((await shop.get(billing, path, eve)).status).toBe(404)
    const answer = await shop.get(billing, path, ada)
    expect([answer.status, answer.body.tierName]).toEqual([200, 'Large'])
  })

  it('metadata alone binds nothing: a session of somebody else that names our reservation gets no group', async () => {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    await shop.buy('acme', ada)
    const { id: reservation } = await shop.env.db
      .selectFrom('checkout_reservations')
      .select('id')
      .executeTakeFirstOrThrow()
    const { actions, state } = shop.stripe
    const customer = actions.createCustomer({ email: 'eve@example.com' })
    actions.setPaymentMethod(customer.id, 'ok')
    const price = state.prices()[0]!.id
    const forged = actions.createSubscription({ customer: customer.id, price, metadata: { reservation } })
    const { status } = await shop.get(billing, `${I}/profile/subscriptions/me/billing/${forged.id}`, ada)
    expect(status).toBe(404)
    expect(await shop.tables()).toMatchObject({ groups: 0, memberships: 0 })
  })
})
