import type { NewOutboxRow } from '../db/tables.ts'
import type { Trace } from '../http/trace.ts'
import { REFUSED_MAIL } from './mail-subjects.ts'

const MAX_TEXT = 1000

export interface RefusedMail {
  raw: Uint8Array<ArrayBuffer>
  /** The body as it was parsed, of any shape. */
  body: unknown
  /** Why, without a value of the body. */
  reason: string
  /** Milliseconds since the epoch. */
  now: number
  trace: Trace
}

/** A dead letter that says what was refused and why. It holds no template model: nobody can send it, and its code must not lie about. */
export function refusedRow(id: string, { body, reason, now, trace }: RefusedMail): NewOutboxRow {
  return {
    id,
    subject: REFUSED_MAIL,
    schema_version: 1,
    payload: JSON.stringify(addresseeOf(body)),
    traceparent: trace.traceparent,
    created_at: now,
    state: 'dead',
    attempts: 1,
    last_error: reason.slice(0, MAX_TEXT),
  }
}

/** Of a mail, what is left when its payload goes. */
export function addresseeOf(body: unknown): Record<string, string> {
  const members = typeof body === 'object' && body !== null ? Object.entries(body) : []
  return Object.fromEntries(
    members.flatMap(([name, value]) =>
      (name === 'to' || name === 'from' || name === 'templateId') && typeof value === 'string'
        ? [[name, value.slice(0, MAX_TEXT)]]
        : [],
    ),
  )
}
