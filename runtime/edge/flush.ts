import type { Env } from '../../lib/env.ts'
import type { Bus } from '../../lib/events/bus.ts'
import { type DrainReport, drainOutbox } from '../../lib/events/drain-outbox.ts'
import { prune } from '../../lib/events/housekeeping.ts'

/** A worker may run this long at least, and make this many calls of the database. */
const MAX_MS = 20_000
const MAX_EVENTS = 8192
const MAX_PRUNE_BATCHES = 5

export interface FlushOptions extends Pick<Env, 'db' | 'config' | 'log' | 'clock'> {
  /** Makes the bus of this invocation; called only when an event is due. */
  openBus(): Bus
}

export interface FlushReport {
  delivered: number
  refused: number
  /** Whether nothing more was due at the end. */
  empty: boolean
  /** Why the bus took nothing, when it is away. */
  away?: string
}

/** Publishes due events within one invocation, bounded in time and number; the rest is left for the next. */
export async function flushOutbox(options: FlushOptions): Promise<FlushReport> {
  const { db, config, log, clock, openBus } = options
  const end = clock.now() + MAX_MS
  const due = await db
    .selectFrom('event_outbox')
    .select('seq')
    .where('state', '=', 'pending')
    .where('lease_until', '<=', clock.now())
    .limit(1)
    .executeTakeFirst()
  if (!due) return { delivered: 0, refused: 0, empty: true }

  const bus = openBus()
  try {
    await bus.prepare([])
    const delivery = { db, bus, clock, log, config, owner: crypto.randomUUID(), random: Math.random }
    const limits = { maxEvents: MAX_EVENTS, stopped: () => clock.now() >= end }
    return told(await drainOutbox(delivery, limits), log)
  } catch (error) {
    log.warn({ err: error }, 'events wait: flush failed')
    return {
      delivered: 0,
      refused: 0,
      empty: false,
      away: error instanceof Error ? error.message : String(error),
    }
  } finally {
    await bus.close()
  }
}

/** Deletes some of what left its time of keeping. */
export async function tidyOutbox({ db, config, clock }: Omit<FlushOptions, 'openBus'>): Promise<void> {
  await prune(db, config, { now: clock.now(), maxBatches: MAX_PRUNE_BATCHES })
}

function told({ delivered, refused, empty, away }: DrainReport, log: Env['log']): FlushReport {
  if (away !== undefined) log.warn({ part: 'bus', reason: away }, 'events wait: bus away')
  return { delivered, refused, empty, ...(away !== undefined && { away }) }
}
