import type { Kysely } from 'kysely'
import type { Config } from '../config.ts'
import type { Database, OutboxRow } from '../db/tables.ts'
import type { Clock } from '../env.ts'
import type { Log } from '../log.ts'
import type { Bus, EventMessage, PublishResult } from './bus.ts'
import { eventMessage } from './message.ts'
import { markDelivered, recordFailure, releaseEvents } from './outbox-store.ts'

/** Publishes that wait for their acknowledgement at once. */
const WINDOW = 256

export interface Delivery {
  db: Kysely<Database>
  bus: Bus
  clock: Clock
  log: Log
  config: Pick<Config, 'events' | 'nats'>
  /** Names this process among the replicas; no two that run at once may share its last 32 characters. */
  owner: string
  /** In [0, 1); spreads retries. */
  random(): number
}

export interface BatchOutcome {
  delivered: number
  refused: number
  /** Why none could be delivered, when the bus is away. */
  away?: string
}

/**
 * Publishes leased events and writes down what became of each. A crash in between repeats them with the same ids.
 * @param releaseMs how long events that the bus did not take rest before the next claim
 */
export async function deliverBatch(
  delivery: Delivery,
  rows: OutboxRow[],
  releaseMs: number,
): Promise<BatchOutcome> {
  const { db, bus, clock, config, owner } = delivery
  const messages = rows.map((row) => eventMessage(row, config.nats.prefix))
  const results = await publishAll(bus, messages)
  const outcomes = rows.map((row, index) => ({ row, result: results[index]! }))
  const seqsOf = (kind: PublishResult['kind']) =>
    outcomes.filter(({ result }) => result.kind === kind).map(({ row }) => row.seq)

  const delivered = seqsOf('acknowledged')
  await markDelivered(db, owner, delivered, clock.now())
  await releaseEvents(db, owner, seqsOf('unavailable'), clock.now() + releaseMs)

  const refused = outcomes.flatMap(({ row, result }) =>
    result.kind === 'refused' ? [{ row, reason: result.reason }] : [],
  )
  const alike = Map.groupBy(refused, ({ row, reason }) => `${row.attempts} ${row.subject} ${reason}`)
  for (const group of alike.values()) await recordRefusal(delivery, group)

  const away = delivered.length === 0 ? results.find(({ kind }) => kind === 'unavailable') : undefined
  return {
    delivered: delivered.length,
    refused: refused.length,
    ...(away?.kind === 'unavailable' && { away: away.reason }),
  }
}

/** @param group of one subject, with one reason and as many failures before */
async function recordRefusal(
  { db, clock, log, config, owner, random }: Delivery,
  group: { row: OutboxRow; reason: string }[],
): Promise<void> {
  const { row, reason } = group[0]!
  const { subject, attempts } = row
  const seqs = group.map(({ row }) => row.seq)
  const limits = { now: clock.now(), maxAttempts: config.events.maxAttempts, random: random() }
  const state = await recordFailure(db, owner, { seqs, attempts, reason }, limits)

  if (state === 'dead') log.error({ subject, seqs, reason }, 'events became dead letters')
  else if (attempts === 0) log.warn({ subject, seqs, reason }, 'events refused, will be tried again')
}

/** Publishes in order with a bounded window; once the bus is away, the rest is not tried. */
export async function publishAll(bus: Bus, messages: EventMessage[]): Promise<PublishResult[]> {
  const results: PublishResult[] = []
  let next = 0
  let away: PublishResult | undefined
  async function lane(): Promise<void> {
    while (next < messages.length) {
      const index = next++
      const result = away ?? (await bus.publish(messages[index]!))
      results[index] = result
      if (result.kind === 'unavailable') away = result
    }
  }
  await Promise.all(Array.from({ length: Math.min(WINDOW, messages.length) }, lane))
  return results
}
