import type { Kysely } from 'kysely'
import { createIndex } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createIndex(db, 'checkout_reservations_identity', 'checkout_reservations', ['identity', 'state'])
}
