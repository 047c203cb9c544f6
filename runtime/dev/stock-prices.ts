import type { StripeStandIn } from './stripe/stripe-stand-in.ts'

export interface OfferedTier {
  tierName: string
  lookupKey: string
  /** In currency units. */
  price: number
  billingCycle: string
  variants?: { label: string; lookupKey: string; price: number; billingCycle: string }[]
}

/** Makes a product for each tier and a price for each lookup key, unless the account has them. */
export function stockPrices({ state, actions }: StripeStandIn, tiers: OfferedTier[]): void {
  const has = (lookupKey: string) => state.prices().some((price) => price.lookup_key === lookupKey)
  for (const { tierName, variants = [], ...tier } of tiers) {
    const missing = [tier, ...variants].filter(({ lookupKey }) => !has(lookupKey))
    if (!missing.length) continue
    const known = state.products().find(({ name }) => name === tierName)
    const product = known ?? actions.createProduct({ name: tierName })
    for (const { lookupKey, price, billingCycle } of missing) {
      actions.createPrice({
        product: product.id,
        currency: 'usd',
        unit_amount: Math.round(price * 100),
        lookup_key: lookupKey,
        recurring: { interval: billingCycle === 'yearly' ? 'year' : 'month' },
      })
    }
  }
}
