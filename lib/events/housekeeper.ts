import type { Kysely } from 'kysely'
import type { Config } from '../config.ts'
import type { Database } from '../db/tables.ts'
import type { Clock } from '../env.ts'
import type { Log } from '../log.ts'
import { prune } from './housekeeping.ts'

const INTERVAL_MS = 300_000

export interface HousekeeperOptions {
  db: Kysely<Database>
  config: Pick<Config, 'events' | 'sessions' | 'stripe'>
  clock: Clock
  log: Log
  /** In [0, 1). */
  random(): number
  /** Asked before each batch. */
  stopped(): boolean
}

/** Prunes beside the relay, now and then. */
export interface Housekeeper {
  /** Begins to prune when it is time again; never throws. */
  tidyIfDue(): void
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

/** The first time comes within one interval at random, so that replicas do not prune together. */
export function createHousekeeper(options: HousekeeperOptions): Housekeeper {
  const { db, config, clock, log, random, stopped } = options
  let tidiedAt = clock.now() - INTERVAL_MS * random()
  let tidying = Promise.resolve()

  async function tidy(now: number): Promise<void> {
    try {
      const pruned = await prune(db, config, { now, stopped })
      if (Object.values(pruned).some((count) => count > 0)) log.debug({ pruned }, 'what is old was pruned')
    } catch (error) {
      log.debug({ err: error }, 'pruning failed, will be tried again')
    }
  }

  return {
    tidyIfDue() {
      const now = clock.now()
      if (now - tidiedAt < INTERVAL_MS) return
      tidiedAt = now
      tidying = tidy(now)
    },
    idle: () => tidying,
  }
}
