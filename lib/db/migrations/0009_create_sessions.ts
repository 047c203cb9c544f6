import type { Kysely } from 'kysely'
import { createTable } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'sessions')
    .addColumn('sid', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('user_id', 'bigint')
    .addColumn('first_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint')
    .addColumn('generation', 'integer', (column) => column.notNull())
    .execute()
}
