import type Stripe from 'stripe'
import type { Config } from '../config.ts'
import { ApiError } from '../http/errors.ts'
import { findTierByKey } from './ledger/tier-of.ts'
import { askStripe, requireAnswer, type StripeServices } from './stripe-client.ts'

/** A price at Stripe, and what it is a price of. */
export interface Price {
  id: string
  lookupKey: string | null
  active: boolean
  type: 'recurring' | 'one_time'
  currency: string
  /** Minor units; null for a price in steps. */
  unitAmount: number | null
  nickname: string | null
  recurring: { interval: string; intervalCount: number } | null
  product: { id: string; name: string; description: string | null; active: boolean; images: string[] }
}

interface CachedPrice {
  /** Undefined when Stripe had none. */
  price: Price | undefined
  /** When it was read. */
  readAt: number
}

const CACHE_MS = 5 * 60_000
/** Long enough that visitors cannot make us ask Stripe without end. */
const MISSING_CACHE_MS = 5000

/** Prices by configuration and lookup key: plain data, so that isolates may share it between requests. */
const caches = new WeakMap<Config['stripe'], Map<string, CachedPrice>>()

/** Whether a configured tier, or a variant of one, has this lookup key. */
export function isOnOffer({ tiers }: Pick<Config, 'tiers'>, lookupKey: string): boolean {
  return findTierByKey(tiers, lookupKey) !== undefined
}

/**
 * The active price with this lookup key, else the one with this id; at most 5 minutes old.
 * @returns undefined when Stripe has no such price, which is remembered for 5 seconds
 * @throws {ApiError} `payments_unavailable`
 */
export async function findPrice(services: StripeServices, lookupKey: string): Promise<Price | undefined> {
  const { config, clock } = services
  // Held from here on: what is read before an event of the price comes must not stand in the cache that follows it.
  const cache = cacheOf(config)
  const cached = cache.get(lookupKey)
  const now = clock.now()
  const keptMs = cached?.price ? CACHE_MS : MISSING_CACHE_MS
  if (cached && now - cached.readAt < keptMs) return cached.price

  const price = (await findByLookupKey(services, lookupKey)) ?? (await findById(services, lookupKey))
  cache.set(lookupKey, { price, readAt: now })
  return price
}

/** Forgets all prices: to be called when Stripe tells of a change of a price or a product. */
export function invalidatePrices({ stripe }: Pick<Config, 'stripe'>): void {
  caches.delete(stripe)
}

function cacheOf({ stripe }: Pick<Config, 'stripe'>): Map<string, CachedPrice> {
  const known = caches.get(stripe)
  if (known) return known
  const made = new Map<string, CachedPrice>()
  caches.set(stripe, made)
  return made
}

async function findByLookupKey(services: StripeServices, lookupKey: string): Promise<Price | undefined> {
  const answer = await askStripe(services, 'prices.list', (stripe) =>
    stripe.prices.list({ lookup_keys: [lookupKey], active: true, expand: ['data.product'], limit: 1 }),
  )
  const [price] = requireAnswer(answer).data
  return price && priceOf(price)
}

/** Tiers may name a price by its id. */
async function findById(services: StripeServices, id: string): Promise<Price | undefined> {
  if (!/^(price|plan)_\w+$/.test(id)) return undefined
  const answer = await askStripe(services, 'prices.retrieve', (stripe) =>
    stripe.prices.retrieve(id, { expand: ['product'] }),
  )
  if (answer.kind === 'missing') return undefined
  const price = requireAnswer(answer)
  return price.active ? priceOf(price) : undefined
}

function priceOf(price: Stripe.Price): Price {
  const { product, recurring } = price
  if (typeof product === 'string')
    throw new ApiError('internal_error', { cause: 'the product is not expanded' })
  return {
    id: price.id,
    lookupKey: price.lookup_key,
    active: price.active,
    type: recurring ? 'recurring' : 'one_time',
    currency: price.currency,
    unitAmount: price.unit_amount,
    nickname: price.nickname,
    recurring: recurring && { interval: recurring.interval, intervalCount: recurring.interval_count },
    product: {
      id: product.id,
      name: product.deleted ? '' : product.name,
      description: product.deleted ? null : product.description,
      active: !product.deleted && product.active,
      images: product.deleted ? [] : product.images,
    },
  }
}
