import type { Kysely } from 'kysely'
import { inPart } from '../async/in-part.ts'
import { pause } from '../async/pause.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/tables.ts'
import { backoffMs } from './backoff.ts'
import type { Bus } from './bus.ts'
import { publishAll } from './deliver-batch.ts'
import { eventMessage } from './message.ts'
import { prefixedSubject, WORK_QUEUES } from './streams.ts'
import { SUBJECTS, type Subject } from './subjects.ts'

const PAGE = 500
const MAX_TRIES = 8

export interface ReplayOptions {
  db: Kysely<Database>
  bus: Bus
  config: Pick<Config, 'nats'>
  /** Milliseconds since the epoch: what the bus acknowledged from then on is published again. */
  since: number
  /** Default: all but work queues, whose messages would be worked on again. */
  subjects?: Subject[]
  /** Called after each page. */
  progress?: (report: ReplayReport) => void
}

export interface ReplayReport {
  /** Events published again. */
  published: number
  /** Those among them that the bus still had. */
  duplicates: number
  /** Events that the bus refused. */
  refused: number
}

/**
 * Publishes relayed events again, oldest first, with the ids and bytes they had: a stream that still knows them drops
 * them, a stream that was wiped is refilled. Changes nothing in the outbox; pending events are the relay's.
 * @throws when the bus stays away
 */
export async function replayEvents(options: ReplayOptions): Promise<ReplayReport> {
  const { db, bus, config, since, progress } = options
  const subjects = options.subjects ?? replayableSubjects()
  const report: ReplayReport = { published: 0, duplicates: 0, refused: 0 }
  await inPart('nats', () =>
    bus.prepare(subjects.map((subject) => prefixedSubject(subject, config.nats.prefix))),
  )

  let after = await inPart('database', () => seqBefore(db, since))
  for (;;) {
    const rows = await inPart('database', () => relayedPage(db, { since, subjects, after }))
    if (rows.length === 0) return report

    let messages = rows.map((row) => eventMessage(row, config.nats.prefix))
    for (let tries = 1; messages.length > 0; tries++) {
      const results = await publishAll(bus, messages)
      for (const result of results) {
        if (result.kind === 'refused') report.refused++
        if (result.kind === 'acknowledged') report.published++
        if (result.kind === 'acknowledged' && result.duplicate) report.duplicates++
      }
      const untaken = results.find((result) => result.kind === 'unavailable')
      messages = messages.filter((_, index) => results[index]!.kind === 'unavailable')
      if (!untaken) break
      if (tries === MAX_TRIES) throw new Error(`nats: ${untaken.reason}`)
      await pause(backoffMs(tries, { minMs: 250, maxMs: 5000 }, Math.random()))
    }
    after = rows.at(-1)!.seq
    progress?.(report)
  }
}

/** The subjects that a replay takes unless told otherwise. */
export function replayableSubjects(): Subject[] {
  return (Object.keys(SUBJECTS) as Subject[]).filter((subject) => !WORK_QUEUES.has(subject))
}

/** From where on to look, by the index of delivery times, so that the pages need not walk over what is older. */
async function seqBefore(db: Kysely<Database>, since: number): Promise<number> {
  const { first } = await db
    .selectFrom('event_outbox')
    .select((eb) => eb.fn.min('seq').as('first'))
    .where('state', '=', 'relayed')
    .where('relayed_at', '>=', since)
    .executeTakeFirstOrThrow()
  return Number(first ?? 0) - 1
}

function relayedPage(
  db: Kysely<Database>,
  { since, subjects, after }: { since: number; subjects: Subject[]; after: number },
) {
  return db
    .selectFrom('event_outbox')
    .select(['seq', 'id', 'subject', 'schema_version', 'payload', 'traceparent', 'created_at'])
    .where('state', '=', 'relayed')
    .where('seq', '>', after)
    .where('relayed_at', '>=', since)
    .where('subject', 'in', subjects)
    .orderBy('seq')
    .limit(PAGE)
    .execute()
}
