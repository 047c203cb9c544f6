import type { Kysely, Transaction } from 'kysely'
import { insertAll, orIgnore } from '../db/dialect.ts'
import type { Database, NewOutboxRow } from '../db/tables.ts'
import { transact } from '../db/transact.ts'
import { outboxRow } from '../events/outbox.ts'
import type { Trace } from '../http/trace.ts'
import type { StripeEvent } from './stripe-event.ts'

/** The longest event that is published whole; NATS takes 1 MiB in all. */
const MAX_PUBLISHED_CHARACTERS = 131_072
const MAX_PUBLISHED_DEPTH = 64

/** An event that was taken in. */
export interface TakenEvent {
  event: StripeEvent
  /** The event as Stripe sent it. */
  raw: string
  /** Milliseconds since the epoch. */
  now: number
  trace: Trace
}

/**
 * Keeps an event with its `stripe.webhook.event`, in one transaction. The event's id is the key, so it is kept once, whoever brings it.
 * @returns false when it was kept before
 */
export function storeStripeEvent(db: Kysely<Database>, taken: TakenEvent): Promise<boolean> {
  return transact(db, async (trx) => {
    const insert = orIgnore(trx, trx.insertInto('stripe_events').values(eventRow(taken)))
    if ((await insert.executeTakeFirst()).numInsertedOrUpdatedRows !== 1n) return false
    await trx.insertInto('event_outbox').values(webhookEvent(taken)).execute()
    return true
  })
}

/** Keeps events that are all new, in one transaction. @throws a unique violation when one was kept before: then none is kept */
export async function insertStripeEvents(trx: Transaction<Database>, taken: TakenEvent[]): Promise<void> {
  await insertAll(trx, 'stripe_events', taken.map(eventRow))
  await insertAll(trx, 'event_outbox', taken.map(webhookEvent))
}

function eventRow({ event, raw, now }: TakenEvent) {
  return {
    id: event.id,
    type: event.type,
    created_at: event.createdAt,
    api_version: event.apiVersion,
    livemode: event.livemode ? 1 : 0,
    payload: raw,
    received_at: now,
  }
}

function webhookEvent({ event, raw, now, trace }: TakenEvent): NewOutboxRow {
  const { id, type, createdAt, apiVersion, livemode, object } = event
  const payload = {
    eventId: id,
    type,
    created: new Date(createdAt).toISOString(),
    livemode,
    ...(apiVersion !== null && { apiVersion }),
    object: {
      ...(typeof object.id === 'string' && { id: object.id }),
      ...(typeof object.object === 'string' && { object: object.object }),
    },
  }
  const row = outboxRow('stripe.webhook.event', payload, now, trace)
  // What Stripe sent is JSON text already: joining texts spares a print of it.
  return isPublishable(raw) ? { ...row, payload: `${row.payload.slice(0, -1)},"event":${raw}}` } : row
}

/** What is nested deeper than anything that Stripe makes may be more than a consumer can read. */
function isPublishable(raw: string): boolean {
  if (raw.length > MAX_PUBLISHED_CHARACTERS) return false
  let depth = 0
  for (const [bracket] of raw.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (bracket === '{' || bracket === '[') depth++
    else if (bracket === '}' || bracket === ']') depth--
    if (depth > MAX_PUBLISHED_DEPTH) return false
  }
  return true
}
