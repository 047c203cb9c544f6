import type { OutboxRow } from '../db/tables.ts'
import type { EventMessage } from './bus.ts'
import { prefixedSubject } from './streams.ts'

/** The columns that a message is made of. */
export type EventRow = Pick<
  OutboxRow,
  'seq' | 'id' | 'subject' | 'schema_version' | 'payload' | 'traceparent' | 'created_at'
>

/** The message of an outbox row: always the same bytes, so that a repeat is a true repeat. */
export function eventMessage(row: EventRow, prefix: string | undefined): EventMessage {
  return {
    id: row.id,
    subject: prefixedSubject(row.subject, prefix),
    data: withEnvelope(row),
    ...(row.traceparent !== null && { traceparent: row.traceparent }),
  }
}

// The payload is JSON text already: joining texts spares the relay a parse and a print of every event.
function withEnvelope({ id, created_at, schema_version, seq, payload }: EventRow): string {
  const time = new Date(created_at).toISOString()
  const envelope = JSON.stringify({ id, time, schemaVersion: schema_version, seq })
  return payload === '{}' ? envelope : `${envelope.slice(0, -1)},${payload.slice(1)}`
}
