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
  { db, bus, clock, log, config, owner, random }: Delivery,
  rows: OutboxRow[],
  releaseMs: number,
): Promise<BatchOutcome> {
  const messages = rows.map((row) => eventMessage(row, config.nats.prefix))
  const results = await publishAll(bus, messages)
  const rowsOf = (kind: PublishResult['kind']) => rows.filter((_, index) => results[index]!.kind === kind)
  const delivered = rowsOf('acknowledged').map(({ seq }) => seq)
  const untaken = rowsOf('unavailable').map(({ seq }) => seq)

  await markDelivered(db, owner, delivered, clock.now())
  await releaseEvents(db, owner, untaken, clock.now() + releaseMs)

  let refused = 0
  for (const [index, { seq, id, subject, attempts }] of rows.entries()) {
    const result = results[index]!
    if (result.kind !== 'refused') continue
    refused++
    const { reason } = result
    const { maxAttempts } = config.events
    const now = clock.now()
    const state = await recordFailure(
      db,
      owner,
      { seq, attempts, reason },
      { now, maxAttempts, random: random() },
    )
    if (state === 'dead') log.error({ event: id, seq, subject, reason }, 'event became a dead letter')
    else if (attempts === 0)
      log.warn({ event: id, seq, subject, reason }, 'event refused, will be tried again')
  }

  const away = delivered.length === 0 ? results.find(({ kind }) => kind === 'unavailable') : undefined
  return { delivered: delivered.length, refused, ...(away?.kind === 'unavailable' && { away: away.reason }) }
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
