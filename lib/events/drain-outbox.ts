import { type BatchOutcome, type Delivery, deliverBatch } from './deliver-batch.ts'
import { claimEvents } from './outbox-store.ts'

/** Batches on their way at once: one is claimed while another is published and a third is marked. */
const PIPELINE = 3

export interface DrainLimits {
  /** Most events to claim; absent = all that are due. */
  maxEvents?: number
  /** Asked before each claim. */
  stopped?: () => boolean
  /** How long events that the bus did not take rest before the next claim; default 1 s. */
  releaseMs?: number
}

export interface DrainReport {
  claimed: number
  delivered: number
  refused: number
  /** Why the bus took nothing, when it is away. */
  away?: string
  /** Whether it ended because nothing more was due. */
  empty: boolean
}

/**
 * Publishes what is due, batch after batch, until nothing is left, a limit is reached or the bus is away.
 * What it claimed is settled when it returns. @throws what the database throws
 */
export async function drainOutbox(delivery: Delivery, limits: DrainLimits = {}): Promise<DrainReport> {
  const { maxEvents = Number.POSITIVE_INFINITY, stopped = () => false, releaseMs = 1000 } = limits
  const { db, clock, config, owner } = delivery
  const { leaseMs, relayBatch } = config.events
  const report: DrainReport = { claimed: 0, delivered: 0, refused: 0, empty: false }
  const onTheirWay = new Set<Promise<void>>()
  const failures: unknown[] = []

  function note(outcome: BatchOutcome): void {
    report.delivered += outcome.delivered
    report.refused += outcome.refused
    if (outcome.away !== undefined) report.away = outcome.away
  }

  // The next claim begins behind the last: MySQL would walk again and again over index entries that are not purged yet.
  let after = 0
  try {
    while (!stopped() && report.claimed < maxEvents && report.away === undefined && failures.length === 0) {
      const limit = Math.min(relayBatch, maxEvents - report.claimed)
      const whole = after === 0 && onTheirWay.size === 0
      const rows = await claimEvents(db, { owner, now: clock.now(), leaseMs, limit, after })
      report.claimed += rows.length
      if (rows.length > 0) {
        const batch = deliverBatch(delivery, rows, releaseMs)
          .then(note, (error) => void failures.push(error))
          .finally(() => onTheirWay.delete(batch))
        onTheirWay.add(batch)
      }
      if (rows.length === limit) {
        after = rows.at(-1)!.seq
        if (onTheirWay.size >= PIPELINE) await Promise.race(onTheirWay)
      } else if (whole) {
        report.empty = true
        break
      } else {
        // Late commits lie behind, and a claim leaves out what our own marks lock, at times their neighbours too.
        after = 0
        await Promise.all(onTheirWay)
      }
    }
  } finally {
    await Promise.all(onTheirWay)
  }
  if (failures.length > 0) throw failures[0]
  return report
}
