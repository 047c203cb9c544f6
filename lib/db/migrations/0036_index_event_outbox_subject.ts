import type { Kysely } from 'kysely'
import { createIndex } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createIndex(db, 'event_outbox_subject', 'event_outbox', ['subject', 'seq'])
}
