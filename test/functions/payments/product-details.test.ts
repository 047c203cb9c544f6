import { describe, expect, it } from 'vitest'
import productDetails from '../../../functions/authlance/payments/api/v1/product-details.ts'
import { pause } from '../../../lib/async/pause.ts'
import { invalidatePrices } from '../../../lib/billing/prices.ts'
import { openShop, PAY, type Shop } from '../../parts/shop.ts'

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

  it('that Stripe gave before an event of their price came are not kept', async () => {
    const shop = await openShop()
    shop.stripe.faults.delay(300)
    const asked = ask(shop, 'standard')
    await pause(100)
    invalidatePrices(shop.config)
    expect((await asked).body.product.unit_amount).toBe(1000)
    const { createPrice, createProduct } = shop.stripe.actions
    const next = { product: createProduct({ name: 'New' }).id, currency: 'usd', lookup_key: 'standard' }
    const recurring = { interval: 'month' as const }
    createPrice({ ...next, recurring, unit_amount: 2000, transfer_lookup_key: true } as never)
    expect((await ask(shop, 'standard')).body.product.unit_amount).toBe(2000)
  })
})
