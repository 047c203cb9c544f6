import type { StandIn } from './stand-in.ts'

/** Does work in the time of a test clock; in the account's own when there is none. */
export function inTimeOf<T>(
  { store, clock }: StandIn,
  testClock: string | null | undefined,
  work: () => T,
): T {
  const frozen = testClock ? store.testClocks.get(testClock) : undefined
  return frozen ? clock.during(frozen.frozen_time * 1000, work) : work()
}
