import type { Config } from '../../config.ts'
import type { PricedItem } from '../stripe-shapes.ts'

export interface SoldTier {
  tierName: string
  /** Whether the configuration knows the price. */
  known: boolean
  item: PricedItem
}

/**
 * The tier of a subscription: the one that has the lookup key of an item's price, else the price's id; of several items, the first
 * that names a tier. An unknown price stands under its own name.
 */
export function tierOf(tiers: Config['tiers'], items: PricedItem[]): SoldTier {
  for (const item of items) {
    const tierName = nameOf(tiers, item.lookupKey) ?? nameOf(tiers, item.priceId)
    if (tierName !== undefined) return { tierName, known: true, item }
  }
  const [item] = items as [PricedItem]
  return { tierName: item.lookupKey ?? item.priceId ?? 'unknown', known: false, item }
}

/** The tier that has this key, or a variant of which has. */
export function findTierByKey(tiers: Config['tiers'], key: string): Config['tiers'][number] | undefined {
  return tiers.find(
    ({ lookupKey, variants }) => lookupKey === key || variants.some((variant) => variant.lookupKey === key),
  )
}

function nameOf(tiers: Config['tiers'], key: string | null): string | undefined {
  return key === null ? undefined : findTierByKey(tiers, key)?.tierName
}
