import { describe, expect, it } from 'vitest'
import { DAY_MS, openShop, type Shop } from '../../parts/shop.ts'

const lastSession = ({ stripe }: Shop) => stripe.state.sessions().at(-1)!

describe('there is no second trial', () => {
  it('for a buyer whose earlier checkout had one', async () => {
    const shop = await openShop({ stripe: { trialPeriodDays: 14 } })
    const ada = await shop.signIn('Ada')
    const first = await shop.buy('acme', ada)
    shop.stripe.actions.pay(shop.sessionOf(first))
    await shop.comeBack(first, ada)
    await shop.buy('other', ada)
    expect(lastSession(shop).subscription_data.trial_period_days).toBe(null)
  })

  it('for a group that bought something before, which pays as the customer that it was', async () => {
    const shop = await openShop({ stripe: { trialPeriodDays: 14 } })
    const ada = await shop.signIn('Ada')
    const first = await shop.buy('acme', ada, { trialPeriodDays: 0 })
    shop.stripe.actions.pay(shop.sessionOf(first))
    await shop.comeBack(first, ada)
    await shop.env.db.updateTable('subscriptions').set({ status: 'canceled' }).execute()
    expect((await shop.buy('acme', ada)).status).toBe(200)
    const [customer] = shop.stripe.state.customers()
    expect(lastSession(shop)).toMatchObject({
      customer: customer!.id,
      customer_email: null,
      subscription_data: { trial_period_days: null },
    })

    shop.stripe.actions.deleteCustomer(customer!.id)
    expect((await shop.buy('acme', ada)).status).toBe(200)
    expect(lastSession(shop)).toMatchObject({ customer: null, customer_email: ada.email })
  })

  it('and in a group that is on our own trial only the days that are left of it', async () => {
    const shop = await openShop({
      config: { authlance: { autoCreateGroup: true } },
      stripe: { trialPeriodDays: 14 },
    })
    const ada = await shop.signIn('Ada')
    const { db } = shop.env
    await db
      .updateTable('subscriptions')
      .set({ ends_at: Date.now() + 3.5 * DAY_MS })
      .execute()
    await shop.buy('ada-lovelace', ada)
    expect(lastSession(shop).subscription_data.trial_period_days).toBe(4)

    await db
      .updateTable('subscriptions')
      .set({ ends_at: Date.now() - DAY_MS })
      .execute()
    await shop.buy('ada-lovelace', ada)
    expect(lastSession(shop).subscription_data.trial_period_days).toBe(null)
  })
})
