import type { Kysely } from 'kysely'
import type { Config } from '../config.ts'
import type { Database } from '../db/tables.ts'
import { type PruneBatch, pruneDelivered, pruneSessions } from './prune.ts'

const DAY_MS = 86_400_000
const BATCH = 500

export interface Pruned {
  events: number
  sessions: number
}

/**
 * Deletes what left its time of keeping, in small batches so that no lock is held for long.
 * @param options.now milliseconds since the epoch
 * @param options.maxBatches of each kind; the rest waits for the next call
 * @param options.stopped asked before each batch
 */
export async function prune(
  db: Kysely<Database>,
  config: Pick<Config, 'events' | 'sessions'>,
  options: { now: number; maxBatches?: number; stopped?: () => boolean },
): Promise<Pruned> {
  const { now, maxBatches = 200, stopped = () => false } = options
  const batches = async (one: typeof pruneDelivered, retentionDays: number) => {
    const batch: PruneBatch = { before: now - retentionDays * DAY_MS, limit: BATCH }
    let pruned = 0
    for (let n = 0; n < maxBatches && !stopped(); n++) {
      const count = await one(db, batch)
      pruned += count
      if (count < BATCH) break
    }
    return pruned
  }

  const events = await batches(pruneDelivered, config.events.retentionDays)
  const sessions = await batches(pruneSessions, config.sessions.retentionDays)
  return { events, sessions }
}
