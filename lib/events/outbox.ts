import type { Transaction } from 'kysely'
import type { Database, NewOutboxRow } from '../db/tables.ts'
import type { Trace } from '../http/trace.ts'
import { type Payload, SUBJECTS, type Subject } from './subjects.ts'

/**
 * Writes an event in the transaction of the change that causes it, so that both are kept or neither.
 * The relay publishes it after the commit.
 * @param now milliseconds since the epoch
 */
export async function appendEvent<S extends Subject>(
  trx: Transaction<Database>,
  subject: S,
  payload: Payload<S>,
  now: number,
  trace: Trace,
): Promise<void> {
  await trx
    .insertInto('event_outbox')
    .values(outboxRow(subject, payload, now, trace))
    .execute()
}

/** The row of an event that is to be written with others. @param now milliseconds since the epoch */
export function outboxRow<S extends Subject>(
  subject: S,
  payload: Payload<S>,
  now: number,
  trace: Trace,
): NewOutboxRow {
  const { schema, schemaVersion } = SUBJECTS[subject]
  return {
    id: crypto.randomUUID(),
    subject,
    schema_version: schemaVersion,
    payload: JSON.stringify(schema.parse(payload)),
    traceparent: trace.traceparent,
    created_at: now,
  }
}
