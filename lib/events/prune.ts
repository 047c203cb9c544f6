import type { Kysely } from 'kysely'
import type { Database } from '../db/tables.ts'

export interface PruneBatch {
  /** Milliseconds since the epoch; what is older goes. */
  before: number
  limit: number
}

/** Deletes delivered events that left the replay window; at most `limit`. Dead letters stay. @returns how many */
export async function pruneDelivered(db: Kysely<Database>, { before, limit }: PruneBatch): Promise<number> {
  const old = await db
    .selectFrom('event_outbox')
    .select('seq')
    .where('state', '=', 'relayed')
    .where('relayed_at', '<', before)
    .orderBy('relayed_at')
    .limit(limit)
    .execute()
  if (old.length === 0) return 0

  const seqs = old.map(({ seq }) => seq)
  await db.deleteFrom('event_outbox').where('seq', 'in', seqs).where('state', '=', 'relayed').execute()
  return old.length
}

/** Deletes sessions that ended long ago, tombstones included; at most `limit`. @returns how many */
export async function pruneSessions(db: Kysely<Database>, { before, limit }: PruneBatch): Promise<number> {
  const old = await db
    .selectFrom('sessions')
    .select('sid')
    .where('expires_at', '<', before)
    .orderBy('expires_at')
    .limit(limit)
    .execute()
  if (old.length === 0) return 0

  const sids = old.map(({ sid }) => sid)
  await db.deleteFrom('sessions').where('sid', 'in', sids).where('expires_at', '<', before).execute()
  return old.length
}
