import type { Kysely } from 'kysely'
import { NOBODY } from '../db/lease.ts'
import type { Database } from '../db/tables.ts'
import { REFUSED_MAIL } from '../mail/mail-subjects.ts'

export type EventSource = 'outbox' | 'stripe'

export const EVENT_STATES = ['pending', 'relayed', 'applied', 'ignored', 'dead'] as const
export type KeptEventState = (typeof EVENT_STATES)[number]

/** An event that is to be published, or one that Stripe sent. Times are milliseconds since the epoch. */
export interface KeptEvent {
  source: EventSource
  id: string
  /** Its subject, or Stripe's type. */
  type: string
  state: KeptEventState
  createdAt: number
  /** When it was published, applied, ignored or given up; null before. */
  settledAt: number | null
  /** Failures by its own fault. */
  attempts: number
  error: string | null
}

/** The newest events. @param filter.source default both */
export async function listKeptEvents(
  db: Kysely<Database>,
  { source, state, limit }: { source?: EventSource; state?: KeptEventState; limit: number },
): Promise<KeptEvent[]> {
  const outbox = source === 'stripe' ? [] : await listOutbox(db, state, limit)
  const stripe = source === 'outbox' ? [] : await listStripe(db, state, limit)
  return [...outbox, ...stripe].toSorted((a, b) => b.createdAt - a.createdAt).slice(0, limit)
}

/** @returns undefined when there is none, or its time of keeping is over */
export async function findKeptEvent(
  db: Kysely<Database>,
  id: string,
): Promise<{ event: KeptEvent; payload: string | null } | undefined> {
  const outbox = await db
    .selectFrom('event_outbox')
    .select([...OUTBOX, 'payload'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (outbox) return { event: fromOutbox(outbox), payload: outbox.payload }
  const stripe = await db
    .selectFrom('stripe_events')
    .select([...STRIPE, 'payload'])
    .where('id', '=', id)
    .executeTakeFirst()
  return stripe && { event: fromStripe(stripe), payload: stripe.payload }
}

/**
 * Gives dead letters another chance, as if they had never failed; the servers find them by themselves.
 * @param id only this one; default all
 * @returns how many
 */
export async function retryDeadEvents(db: Kysely<Database>, id?: string): Promise<number> {
  const again = {
    state: 'pending',
    attempts: 0,
    last_error: null,
    lease_until: 0,
    lease_owner: NOBODY,
  } as const
  const outbox = db
    .updateTable('event_outbox')
    .set(again)
    .where('state', '=', 'dead')
    .where('subject', '!=', REFUSED_MAIL)
  const stripe = db
    .updateTable('stripe_events')
    .set({ ...again, settled_at: 0 })
    .where('state', '=', 'dead')
    .where('payload', 'is not', null)
  const published = await (id === undefined ? outbox : outbox.where('id', '=', id)).executeTakeFirst()
  const applied = await (id === undefined ? stripe : stripe.where('id', '=', id)).executeTakeFirst()
  return Number(published.numUpdatedRows + applied.numUpdatedRows)
}

const OUTBOX = ['id', 'subject', 'state', 'created_at', 'relayed_at', 'attempts', 'last_error'] as const
const STRIPE = ['id', 'type', 'state', 'created_at', 'settled_at', 'attempts', 'last_error'] as const

async function listOutbox(
  db: Kysely<Database>,
  state: KeptEventState | undefined,
  limit: number,
): Promise<KeptEvent[]> {
  if (state === 'applied' || state === 'ignored') return []
  const newest = db.selectFrom('event_outbox').select(OUTBOX).orderBy('seq', 'desc').limit(limit)
  return (await (state ? newest.where('state', '=', state) : newest).execute()).map(fromOutbox)
}

async function listStripe(
  db: Kysely<Database>,
  state: KeptEventState | undefined,
  limit: number,
): Promise<KeptEvent[]> {
  if (state === 'relayed') return []
  // The index begins with the state: without one, every row would be looked at.
  const rows = await Promise.all(
    (state ? [state] : STRIPE_STATES).map((one) =>
      db
        .selectFrom('stripe_events')
        .select(STRIPE)
        .where('state', '=', one)
        .orderBy('created_at', 'desc')
        .limit(limit)
        .execute(),
    ),
  )
  return rows.flat().map(fromStripe)
}

const STRIPE_STATES = ['pending', 'applied', 'ignored', 'dead'] as const

interface KeptRow {
  id: string
  state: KeptEventState
  created_at: number
  attempts: number
  last_error: string | null
}

function fromOutbox(row: KeptRow & { subject: string; relayed_at: number }): KeptEvent {
  return { source: 'outbox', type: row.subject, ...common(row), settledAt: row.relayed_at || null }
}

function fromStripe(row: KeptRow & { type: string; settled_at: number }): KeptEvent {
  return { source: 'stripe', type: row.type, ...common(row), settledAt: row.settled_at || null }
}

function common({ id, state, created_at, attempts, last_error }: KeptRow) {
  return { id, state, createdAt: created_at, attempts, error: last_error }
}
