import type { Kysely } from 'kysely'
import { createIndex } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createIndex(db, 'stripe_events_state', 'stripe_events', ['state', 'created_at'])
}
