import { planOf } from './prices.ts'
import type { ItemChange } from './proration.ts'
import type { StandIn } from './stand-in.ts'
import type { StoredPrice, StoredSubscription } from './stored.ts'
import { invalidRequest, resourceMissing } from './stripe-error.ts'
import { currentPeriod } from './subscription-status.ts'
import { intervalOf, subscriptionItem } from './subscriptions.ts'

export interface ItemUpdate {
  /** Of the item that changes; without it the subscription gets another item. */
  id?: string
  price?: StoredPrice
  quantity?: number
  deleted?: boolean
}

/** Changes, adds and removes items; all that remain must be billed at the same interval. */
export function changeItems(
  standIn: StandIn,
  subscription: StoredSubscription,
  updates: ItemUpdate[],
): ItemChange[] {
  const changes = updates.map((update) => changeItem(standIn, subscription, update))
  const intervals = subscription.items.data.map(({ price }) => {
    const { interval, interval_count: count } = intervalOf(price)
    return `${count} ${interval}`
  })
  if (intervals.length === 0) throw invalidRequest('A subscription must have at least one active plan.')
  if (new Set(intervals).size > 1) {
    throw invalidRequest('All prices on a subscription must have the same `recurring.interval`.', {
      param: 'items',
    })
  }
  return changes
}

function changeItem(
  standIn: StandIn,
  subscription: StoredSubscription,
  { id, price, quantity, deleted = false }: ItemUpdate,
): ItemChange {
  const { data } = subscription.items
  if (id === undefined) {
    if (!price)
      throw invalidRequest('Missing required param: items[0][price].', { code: 'parameter_missing' })
    const after = { price, quantity: quantity ?? 1 }
    const item = subscriptionItem(standIn, subscription.id, after, currentPeriod(subscription))
    data.push(item)
    return { before: null, after, item }
  }
  const item = data.find((candidate) => candidate.id === id)
  if (!item) throw resourceMissing('subscription item', id, 'items[0][id]')
  const before = { price: item.price, quantity: item.quantity ?? 1 }
  if (deleted) {
    data.splice(data.indexOf(item), 1)
    return { before, after: null, item }
  }
  if (price) {
    item.price = structuredClone(price)
    item.plan = planOf(price)
  }
  item.quantity = quantity ?? before.quantity
  const unchanged = before.price.id === item.price.id && before.quantity === item.quantity
  return unchanged
    ? { before: null, after: null, item }
    : { before, after: { price: item.price, quantity: item.quantity }, item }
}
