import type { Kysely } from 'kysely'
import { createIndex } from '../dialect.ts'

/** Those that were released long ago are pruned by it. */
export async function up(db: Kysely<any>): Promise<void> {
  await createIndex(db, 'checkout_reservations_state', 'checkout_reservations', ['state', 'updated_at'])
}
