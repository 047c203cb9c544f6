import { newId, type StandIn } from './stand-in.ts'
import type { StoredInvoiceLine, StoredPrice, StoredSubscriptionItem } from './stored.ts'

export interface LineWanted {
  item: StoredSubscriptionItem
  price?: StoredPrice
  /** Minor units; negative for money that is given back. */
  amount: number
  quantity?: number
  period: { start: number; end: number }
  description: string
  proration?: boolean
}

export function invoiceLine(standIn: StandIn, wanted: LineWanted): StoredInvoiceLine {
  const { item, amount, period, description, proration = false } = wanted
  const price = structuredClone(wanted.price ?? item.price)
  return {
    id: newId(standIn, 'il'),
    object: 'line_item',
    amount,
    currency: price.currency,
    description,
    discount_amounts: [],
    discountable: !proration,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: {},
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: proration ? newId(standIn, 'ii') : null,
        proration,
        proration_details: proration ? { credited_items: null } : null,
        subscription: item.subscription,
        subscription_item: item.id,
      },
      type: 'subscription_item_details',
    },
    period,
    pretax_credit_amounts: [],
    price,
    pricing: {
      price_details: { price: price.id, product: price.product },
      type: 'price_details',
      unit_amount_decimal: price.unit_amount_decimal,
    },
    quantity: wanted.quantity ?? item.quantity ?? 1,
    quantity_decimal: String(wanted.quantity ?? item.quantity ?? 1),
    subscription: item.subscription,
    subtotal: amount,
    taxes: [],
  }
}

/** What an item costs for its period, or nothing while it is tried out. */
export function periodLine(standIn: StandIn, item: StoredSubscriptionItem, trial = false): StoredInvoiceLine {
  const { price, quantity = 1 } = item
  const name = standIn.store.products.get(price.product)?.name ?? price.product
  return invoiceLine(standIn, {
    item,
    amount: trial ? 0 : (price.unit_amount ?? 0) * quantity,
    period: { start: item.current_period_start, end: item.current_period_end },
    description: trial ? `Trial period for ${name}` : `${quantity} × ${name}`,
  })
}
