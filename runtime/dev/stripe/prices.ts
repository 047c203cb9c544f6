import { change, emit } from './events.ts'
import { newId, type StandIn } from './stand-in.ts'
import type { StoredPlan, StoredPrice } from './stored.ts'
import { invalidRequest } from './stripe-error.ts'

export interface Interval {
  interval: 'day' | 'week' | 'month' | 'year'
  interval_count?: number
}

export interface NewPrice {
  product: string
  currency: string
  /** Minor units. */
  unit_amount: number
  active?: boolean
  lookup_key?: string | null
  /** Takes the key from the price that has it. */
  transfer_lookup_key?: boolean
  nickname?: string | null
  metadata?: Record<string, string>
  recurring?: (Interval & { trial_period_days?: number }) | null
}

/** @throws 400 when another active price has the lookup key and it is not to be transferred */
export function createPrice(standIn: StandIn, wanted: NewPrice): StoredPrice {
  takeLookupKey(standIn, wanted.lookup_key ?? null, wanted.transfer_lookup_key ?? false)
  const { recurring } = wanted
  const price: StoredPrice = {
    id: newId(standIn, 'price'),
    object: 'price',
    active: wanted.active ?? true,
    billing_scheme: 'per_unit',
    created: standIn.clock.seconds(),
    currency: wanted.currency.toLowerCase(),
    custom_unit_amount: null,
    livemode: false,
    lookup_key: wanted.lookup_key ?? null,
    metadata: wanted.metadata ?? {},
    nickname: wanted.nickname ?? null,
    product: wanted.product,
    recurring: recurring
      ? {
          interval: recurring.interval,
          interval_count: recurring.interval_count ?? 1,
          meter: null,
          trial_period_days: recurring.trial_period_days ?? null,
          usage_type: 'licensed',
        }
      : null,
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: recurring ? 'recurring' : 'one_time',
    unit_amount: wanted.unit_amount,
    unit_amount_decimal: String(wanted.unit_amount),
  }
  standIn.store.prices.set(price.id, price)
  emit(standIn, 'price.created', price)
  return price
}

export interface PriceChanges {
  active?: boolean
  lookup_key?: string | null
  transfer_lookup_key?: boolean
  nickname?: string | null
  metadata?: Record<string, string>
}

/** Amounts and intervals of a price never change; these fields may. */
export function updatePrice(
  standIn: StandIn,
  price: StoredPrice,
  { transfer_lookup_key: transfer = false, ...fields }: PriceChanges,
): StoredPrice {
  if (fields.lookup_key && fields.lookup_key !== price.lookup_key) {
    takeLookupKey(standIn, fields.lookup_key, transfer)
  }
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  changePrice(standIn, price, given)
  return price
}

/** The plan as which older versions show a price. */
export function planOf(price: StoredPrice): StoredPlan {
  const { recurring } = price
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: recurring?.interval ?? 'month',
    interval_count: recurring?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: recurring?.trial_period_days ?? null,
    usage_type: 'licensed',
  }
}

function takeLookupKey(standIn: StandIn, key: string | null, transfer: boolean): void {
  if (key === null) return
  const holder = [...standIn.store.prices.values()].find((price) => price.lookup_key === key)
  if (!holder) return
  if (!transfer) {
    throw invalidRequest(
      `A price (\`${holder.id}\`) already uses that lookup key. Pass \`transfer_lookup_key=true\` to take it.`,
      { param: 'lookup_key' },
    )
  }
  changePrice(standIn, holder, { lookup_key: null })
}

/** Subscriptions show their prices as they are now. */
function changePrice(standIn: StandIn, price: StoredPrice, fields: Partial<StoredPrice>): void {
  change(standIn, 'price.updated', price, () => Object.assign(price, fields))
  for (const { items } of standIn.store.subscriptions.values()) {
    for (const item of items.data) {
      if (item.price.id === price.id)
        Object.assign(item, { price: structuredClone(price), plan: planOf(price) })
    }
  }
}
