import type { Kysely } from 'kysely'
import type { Database } from '../db/tables.ts'
import type { PruneBatch } from '../events/prune.ts'

/**
 * Forgets what Stripe sent of events that were settled before; at most `limit`. That they were, the rows tell still, so that none is
 * taken in twice. Dead letters keep everything. @returns how many
 */
export async function pruneStripePayloads(
  db: Kysely<Database>,
  { before, limit }: PruneBatch,
): Promise<number> {
  const ids = await settledBefore(db, before).where('payload', 'is not', null).limit(limit).execute()
  if (ids.length === 0) return 0
  await db
    .updateTable('stripe_events')
    .set({ payload: null })
    .where(
      'id',
      'in',
      ids.map(({ id }) => id),
    )
    .where('state', 'in', SETTLED)
    .execute()
  return ids.length
}

/** Deletes events that were settled before; at most `limit`. Dead letters stay. @returns how many */
export async function pruneStripeEvents(
  db: Kysely<Database>,
  { before, limit }: PruneBatch,
): Promise<number> {
  const ids = await settledBefore(db, before).limit(limit).execute()
  if (ids.length === 0) return 0
  await db
    .deleteFrom('stripe_events')
    .where(
      'id',
      'in',
      ids.map(({ id }) => id),
    )
    .where('state', 'in', SETTLED)
    .execute()
  return ids.length
}

const SETTLED = ['applied', 'ignored'] as const

/** By their index; events that wait have no such time. */
function settledBefore(db: Kysely<Database>, before: number) {
  return db
    .selectFrom('stripe_events')
    .select('id')
    .where('settled_at', '>', 0)
    .where('settled_at', '<', before)
    .where('state', 'in', SETTLED)
    .orderBy('settled_at')
}
