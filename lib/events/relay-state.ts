import type { Clock } from '../env.ts'
import type { Log } from '../log.ts'

/** Whether events flow; says so in the log when that changes, not at every try. */
export interface RelayState {
  /** Failed turns in a row. */
  readonly failures: number
  away(part: 'bus' | 'database', reason: unknown): void
  flowing(): void
}

export function createRelayState(log: Log, clock: Clock): RelayState {
  let failures = 0
  let missing: { part: string; since: number } | undefined

  return {
    get failures() {
      return failures
    },
    away(part, reason) {
      failures++
      if (missing?.part === part) return
      missing = { part, since: missing?.since ?? clock.now() }
      log.warn(
        { part, reason: reason instanceof Error ? reason.message : reason },
        `events wait: ${part} away`,
      )
    },
    flowing() {
      if (missing) log.info({ part: missing.part, awayMs: clock.now() - missing.since }, 'events flow again')
      failures = 0
      missing = undefined
    },
  }
}
