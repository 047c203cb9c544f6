import * as z from 'zod'
import { PriceDetails, priceAnswer } from '../../../../../lib/billing/price-schema.ts'
import { findPrice, isOnOffer } from '../../../../../lib/billing/prices.ts'
import { requireStripe } from '../../../../../lib/billing/stripe-client.ts'
import { ApiError } from '../../../../../lib/http/errors.ts'
import { operation } from '../../../../../lib/http/operation.ts'
import { route } from '../../../../../lib/http/route.ts'

/* For price pages. Only what the tiers name is told of, so that the account's other prices stay private. */

const ProductQuestion = z
  .object({ lookup_key: z.string().min(1).max(200) })
  .meta({ id: 'DunaAuthCommonGetProductDetailsRequest' })
const ProductAnswer = z
  .object({ product: PriceDetails })
  .meta({ id: 'DunaAuthCommonGetProductDetailsResponse' })

export default route('/authlance/payments/api/v1/product-details', {
  POST: operation({
    summary: 'The price of a tier, with its product',
    tag: 'Payments',
    access: 'public',
    body: { json: ProductQuestion },
    responses: { 200: ProductAnswer },
    errors: ['payments_not_configured', 'not_found', 'payments_unavailable'],
    async handle({ env, body }) {
      requireStripe(env.config)
      const price = isOnOffer(env.config, body.lookup_key) ? await findPrice(env, body.lookup_key) : undefined
      if (!price) throw new ApiError('not_found')
      return { product: priceAnswer(price) }
    },
  }),
})
