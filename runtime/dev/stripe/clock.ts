/** The account's time: the host's, plus what a test has moved it on. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Whole seconds since the epoch, as Stripe writes times. */
  seconds(): number
  /** Holds time still at a moment while work is done, so that all it does happens in one second. */
  during<T>(atMs: number, work: () => T): T
  /** Moves the account's time on for good. */
  move(byMs: number): void
  offsetMs(): number
  /** The host's own time in milliseconds, by which signatures are dated. */
  hostNow(): number
}

/** @param base milliseconds since the epoch */
export function createClock(base: () => number): Clock {
  let offsetMs = 0
  let heldMs: number | undefined
  const now = () => heldMs ?? base() + offsetMs
  return {
    now,
    seconds: () => Math.floor(now() / 1000),
    during(atMs, work) {
      const outer = heldMs
      heldMs = atMs
      try {
        return work()
      } finally {
        heldMs = outer
      }
    },
    move(byMs) {
      offsetMs += byMs
    },
    offsetMs: () => offsetMs,
    hostNow: base,
  }
}
