import type { StandIn } from '../stand-in.ts'
import type { StoredPrice } from '../stored.ts'

/** Such as `$10.00`. @param amount minor units of the currency */
export function money(amount: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  const { maximumFractionDigits: digits = 2 } = format.resolvedOptions()
  return format.format(amount / 10 ** digits)
}

/** Such as `Pro, $10.00 per month`. */
export function priceWords(standIn: StandIn, price: StoredPrice): string {
  const amount = money(price.unit_amount ?? 0, price.currency)
  return `${productName(standIn, price)}, ${amount}${intervalWords(price)}`
}

function productName({ store }: StandIn, price: StoredPrice): string {
  return store.products.get(price.product)?.name ?? price.product
}

/** @param at seconds since the epoch */
export function day(at: number): string {
  return new Date(at * 1000).toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
}

function intervalWords({ recurring }: StoredPrice): string {
  if (!recurring) return ''
  const { interval, interval_count: count } = recurring
  return count === 1 ? ` per ${interval}` : ` every ${count} ${interval}s`
}
