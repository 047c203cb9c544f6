import { deleteCustomer } from './customers.ts'
import { emit } from './events.ts'
import { letHappen } from './happenings.ts'
import { newId, type StandIn } from './stand-in.ts'
import type { StoredTestClock } from './stored.ts'
import { invalidRequest } from './stripe-error.ts'

export function createTestClock(
  standIn: StandIn,
  { frozenTime, name = null }: { frozenTime: number; name?: string | null },
): StoredTestClock {
  const testClock: StoredTestClock = {
    id: newId(standIn, 'clock'),
    object: 'test_helpers.test_clock',
    created: standIn.clock.seconds(),
    deletes_after: standIn.clock.seconds() + 30 * 86_400,
    frozen_time: frozenTime,
    livemode: false,
    name,
    status: 'ready',
    status_details: {},
  }
  standIn.store.testClocks.set(testClock.id, testClock)
  emit(standIn, 'test_helpers.test_clock.created', testClock)
  return testClock
}

/** Moves a test clock on; all that its customers' subscriptions do on the way has happened when it returns. */
export function advanceTestClock(
  standIn: StandIn,
  testClock: StoredTestClock,
  frozenTime: number,
): StoredTestClock {
  if (frozenTime <= testClock.frozen_time) {
    throw invalidRequest('`frozen_time` must be after the current frozen time.', { param: 'frozen_time' })
  }
  letHappen(standIn, frozenTime, testClock.id)
  testClock.frozen_time = frozenTime
  emit(standIn, 'test_helpers.test_clock.ready', testClock)
  return testClock
}

/** Deletes a test clock with its customers. */
export function deleteTestClock(standIn: StandIn, testClock: StoredTestClock) {
  for (const customer of standIn.store.customers.values()) {
    if (customer.test_clock === testClock.id) deleteCustomer(standIn, customer)
  }
  standIn.store.testClocks.delete(testClock.id)
  emit(standIn, 'test_helpers.test_clock.deleted', testClock)
  return { id: testClock.id, object: 'test_helpers.test_clock', deleted: true } as const
}
