import * as z from 'zod'
import type { Price } from './prices.ts'

const Recurring = z
  .object({ interval: z.string(), interval_count: z.number() })
  .meta({ id: 'CommonStripeRecurring' })

/** A price as Stripe writes it, with its product in place of the product's id; metadata is left out. */
export const PriceDetails = z
  .object({
    id: z.string(),
    object: z.string(),
    active: z.boolean(),
    currency: z.string(),
    type: z.string(),
    unit_amount: z.number().optional().meta({ description: 'In minor units; absent for a price in steps' }),
    lookup_key: z.string().optional(),
    nickname: z.string().optional(),
    product: z.record(z.string(), z.unknown()),
    recurring: Recurring.optional(),
  })
  .meta({ id: 'CommonStripeProductDetails' })
export type PriceDetails = z.output<typeof PriceDetails>

export function priceAnswer(price: Price): PriceDetails {
  const { recurring, unitAmount, lookupKey, nickname } = price
  return {
    id: price.id,
    object: 'price',
    active: price.active,
    currency: price.currency,
    type: price.type,
    product: { object: 'product', ...price.product },
    ...(unitAmount !== null && { unit_amount: unitAmount }),
    ...(lookupKey !== null && { lookup_key: lookupKey }),
    ...(nickname !== null && { nickname }),
    ...(recurring && {
      recurring: { interval: recurring.interval, interval_count: recurring.intervalCount },
    }),
  }
}
