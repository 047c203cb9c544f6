import { describe, expect, it } from 'vitest'
import privateTiers from '../../../functions/authlance/identity/api/v1/profile/subscriptions/[user]/tiers.ts'
import tiers from '../../../functions/authlance/identity/api/v1/subscriptions/tiers.ts'
import { I, openShop } from '../../parts/shop.ts'

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
