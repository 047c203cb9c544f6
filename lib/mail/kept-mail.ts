import type { Kysely } from 'kysely'
import type { Database, OutboxRow, OutboxState } from '../db/tables.ts'
import { outboxRow } from '../events/outbox.ts'
import { newTrace } from '../http/trace.ts'
import { ERASED_MAIL, REFUSED_MAIL } from './mail-subjects.ts'

/** `erased` is delivered, and its payload is gone; a `refused` mail is never sent. */
export const MAIL_STATES = ['pending', 'delivered', 'erased', 'dead', 'refused'] as const
export type MailState = (typeof MAIL_STATES)[number]

/** A mail of the outbox. Times are milliseconds since the epoch. */
export interface KeptMail {
  id: string
  state: MailState
  template: string | null
  to: string | null
  from: string | null
  createdAt: number
  /** When NATS acknowledged it; null before. */
  deliveredAt: number | null
  attempts: number
  error: string | null
}

export interface MailFilter {
  /** Default: all. */
  states?: MailState[]
  /** Milliseconds since the epoch: what came from then on. */
  since?: number
  limit: number
}

const SUBJECTS = ['mail.send', ERASED_MAIL, REFUSED_MAIL]

/** What a mail is in the outbox. */
const STORED: Record<MailState, [subject: string, state: OutboxState]> = {
  pending: ['mail.send', 'pending'],
  delivered: ['mail.send', 'relayed'],
  erased: [ERASED_MAIL, 'relayed'],
  dead: ['mail.send', 'dead'],
  refused: [REFUSED_MAIL, 'dead'],
}

/** The newest mails. */
export async function listMail(
  db: Kysely<Database>,
  { states, since = 0, limit }: MailFilter,
): Promise<KeptMail[]> {
  let newest = db
    .selectFrom('event_outbox')
    .select([...COLUMNS, 'payload'])
    .where('subject', 'in', SUBJECTS)
    .where('created_at', '>=', since)
    .orderBy('seq', 'desc')
    .limit(limit)
  if (states) {
    newest = newest.where(({ and, eb, or }) =>
      or(
        states.map((name) => {
          const [subject, state] = STORED[name]
          return and([eb('subject', '=', subject), eb('state', '=', state)])
        }),
      ),
    )
  }
  return (await newest.execute()).map(fromRow)
}

export interface FoundMail {
  mail: KeptMail
  /** Undefined once it is erased, and of a refused mail. */
  model: Record<string, unknown> | undefined
}

export async function findMail(db: Kysely<Database>, id: string): Promise<FoundMail | undefined> {
  const row = await findRow(db, id)
  return row && { mail: fromRow(row), model: JSON.parse(row.payload).templateModel }
}

/**
 * Lets a delivered mail be sent once more, as a new message: the stream would drop one with the same id.
 * @param now milliseconds since the epoch
 * @returns the new id, or why there is none
 */
export async function resendMail(
  db: Kysely<Database>,
  id: string,
  now: number,
): Promise<{ id: string } | { refusal: string }> {
  const row = await findRow(db, id)
  if (!row) return { refusal: `no mail ${id}` }
  const { state } = fromRow(row)
  if (state !== 'delivered') return { refusal: `mail ${id} cannot be sent again: ${REASONS[state]}` }

  const copy = { ...outboxRow('mail.send', JSON.parse(row.payload), now, newTrace()), id: newMailId() }
  await db.insertInto('event_outbox').values(copy).execute()
  return { id: copy.id }
}

function findRow(db: Kysely<Database>, id: string): Promise<Row | undefined> {
  return db
    .selectFrom('event_outbox')
    .select([...COLUMNS, 'payload'])
    .where('id', '=', id)
    .where('subject', 'in', SUBJECTS)
    .executeTakeFirst()
}

/** The id of a mail that no request asked for. */
function newMailId(): string {
  return `mail_${crypto.randomUUID()}`
}

const REASONS: Record<Exclude<MailState, 'delivered'>, string> = {
  pending: 'it still waits for NATS and will be sent by itself',
  erased: 'what it carried is erased (events.mailPayloadRetentionHours); ask the person to start anew',
  dead: 'it is a dead letter; "authlance events retry" with its id tries it again',
  refused: 'it was refused, and what it carried was not kept',
}

const COLUMNS = ['id', 'subject', 'state', 'created_at', 'relayed_at', 'attempts', 'last_error'] as const

type Row = Pick<OutboxRow, (typeof COLUMNS)[number] | 'payload'>

function fromRow(row: Row): KeptMail {
  const { to = null, from = null, templateId = null } = JSON.parse(row.payload)
  return {
    id: row.id,
    state: stateOf(row),
    template: templateId,
    to,
    from,
    createdAt: row.created_at,
    deliveredAt: row.relayed_at || null,
    attempts: row.attempts,
    error: row.last_error,
  }
}

function stateOf({ subject, state }: Pick<Row, 'subject' | 'state'>): MailState {
  const found = MAIL_STATES.find((name) => STORED[name][0] === subject && STORED[name][1] === state)
  return found ?? 'refused'
}
