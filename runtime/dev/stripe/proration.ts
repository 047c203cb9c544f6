import { invoiceLine } from './invoice-lines.ts'
import type { StandIn } from './stand-in.ts'
import type { StoredInvoiceLine, StoredPrice, StoredSubscriptionItem } from './stored.ts'

export interface ItemChange {
  /** Null for an item that is new. */
  before: { price: StoredPrice; quantity: number } | null
  /** Null for an item that goes. */
  after: { price: StoredPrice; quantity: number } | null
  item: StoredSubscriptionItem
}

/** What is given back and asked for, when an item changes within a period that has been paid for. */
export function prorate(
  standIn: StandIn,
  { before, after, item }: ItemChange,
  period: { start: number; end: number },
): StoredInvoiceLine[] {
  const now = standIn.clock.seconds()
  const share = (period.end - now) / (period.end - period.start)
  const rest = { start: now, end: period.end }
  const line = (side: NonNullable<ItemChange['before']>, sign: 1 | -1, prefix: string) =>
    invoiceLine(standIn, {
      item,
      price: side.price,
      quantity: side.quantity,
      amount: sign * Math.round((side.price.unit_amount ?? 0) * side.quantity * share),
      period: rest,
      description: `${prefix} ${standIn.store.products.get(side.price.product)?.name ?? side.price.id}`,
      proration: true,
    })
  return [
    ...(before ? [line(before, -1, 'Unused time on')] : []),
    ...(after ? [line(after, 1, 'Remaining time on')] : []),
  ]
}

/** Keeps lines for the subscription's next invoice. */
export function keepForNextInvoice(
  { store }: StandIn,
  subscription: string,
  lines: StoredInvoiceLine[],
): void {
  for (const line of lines) store.pendingLines.set(line.id, { id: line.id, subscription, line })
}

/** Takes the lines that waited for the subscription's next invoice. */
export function takePendingLines({ store }: StandIn, subscription: string): StoredInvoiceLine[] {
  const pending = [...store.pendingLines.values()].filter((kept) => kept.subscription === subscription)
  for (const { id } of pending) store.pendingLines.delete(id)
  return pending.map(({ line }) => line)
}
