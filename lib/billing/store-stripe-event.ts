import type { Kysely, Transaction } from 'kysely'
import { orIgnore } from '../db/dialect.ts'
import type { Database } from '../db/tables.ts'
import { transact } from '../db/transact.ts'
import { appendEvent } from '../events/outbox.ts'
import type { Trace } from '../http/trace.ts'
import type { StripeEvent } from './stripe-event.ts'

/** The longest event that is published whole; NATS takes 1 MiB in all. */
const MAX_PUBLISHED_CHARACTERS = 131_072
const MAX_PUBLISHED_DEPTH = 64

/**
 * Keeps an event with its `stripe.webhook.event`, in one transaction. The event's id is the key, so it is kept once, whoever brings it.
 * @param raw the event as Stripe sent it
 * @returns false when it was kept before
 */
export async function storeStripeEvent(
  db: Kysely<Database>,
  event: StripeEvent,
  raw: string,
  now: number,
  trace: Trace,
): Promise<boolean> {
  return transact(db, (trx) => insertEvent(trx, event, raw, now, trace))
}

async function insertEvent(
  trx: Transaction<Database>,
  event: StripeEvent,
  raw: string,
  now: number,
  trace: Trace,
): Promise<boolean> {
  const { id, type, createdAt, apiVersion, livemode, object } = event
  const insert = trx.insertInto('stripe_events').values({
    id,
    type,
    created_at: createdAt,
    api_version: apiVersion,
    livemode: livemode ? 1 : 0,
    payload: raw,
    received_at: now,
  })
  const { numInsertedOrUpdatedRows } = await orIgnore(trx, insert).executeTakeFirst()
  if (numInsertedOrUpdatedRows !== 1n) return false

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
    ...(isPublishable(raw) && { event: JSON.parse(raw) as Record<string, unknown> }),
  }
  await appendEvent(trx, 'stripe.webhook.event', payload, now, trace)
  return true
}

/** What is nested so deep that it cannot be written as JSON again is nothing that Stripe makes. */
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
