import type { StandIn } from './stand-in.ts'
import type { StoredCustomer, StoredTestClock } from './stored.ts'
import { advanceTestClock, createTestClock } from './test-clocks.ts'

/**
 * Moves one customer's time on, to a moment in seconds since the epoch, and lets happen what is due on the way. Stripe gives test clocks to
 * new customers alone; here an older one gets its own, so that a checkout need not know of clocks.
 */
export function moveCustomer(standIn: StandIn, customer: StoredCustomer, toSeconds: number): void {
  const testClock = standIn.store.testClocks.get(customer.test_clock ?? '') ?? giveClock(standIn, customer)
  if (toSeconds > testClock.frozen_time) advanceTestClock(standIn, testClock, toSeconds)
}

function giveClock(standIn: StandIn, customer: StoredCustomer): StoredTestClock {
  const { store, agenda, clock } = standIn
  const testClock = createTestClock(standIn, { frozenTime: clock.seconds(), name: customer.id })
  const owned = [...store.subscriptions.values(), ...store.invoices.values()].filter(
    (item) => item.customer === customer.id,
  )
  for (const item of [customer, ...owned]) item.test_clock = testClock.id
  const ids = new Set(owned.map(({ id }) => id))
  for (const intent of store.paymentIntents.values()) if (intent.customer === customer.id) ids.add(intent.id)
  for (const { happening, id, at, testClock: other } of agenda.entries()) {
    if (ids.has(id) && other === null) agenda.set(happening, id, at, testClock.id)
  }
  return testClock
}
