import type { Kysely } from 'kysely'
import type { Database } from '../../db/tables.ts'
import type { PruneBatch } from '../../events/prune.ts'

/** Deletes reservations that were released before; at most `limit`. What was bought stays. @returns how many */
export async function pruneReservations(
  db: Kysely<Database>,
  { before, limit }: PruneBatch,
): Promise<number> {
  const old = await db
    .selectFrom('checkout_reservations')
    .select('id')
    .where('state', '=', 'released')
    .where('updated_at', '<', before)
    .orderBy('updated_at')
    .limit(limit)
    .execute()
  if (old.length === 0) return 0

  const ids = old.map(({ id }) => id)
  await db
    .deleteFrom('checkout_reservations')
    .where('id', 'in', ids)
    .where('state', '=', 'released')
    .execute()
  return old.length
}
