import type { Kysely } from 'kysely'
import { createIndex } from '../dialect.ts'

/** Trials that end by our own clock are looked up by it. */
export async function up(db: Kysely<any>): Promise<void> {
  await createIndex(db, 'subscriptions_status', 'subscriptions', ['provider', 'status', 'ends_at'])
}
