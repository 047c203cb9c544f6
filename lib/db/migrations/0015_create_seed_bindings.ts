import type { Kysely } from 'kysely'
import { createTable } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'seed_bindings')
    .addColumn('email', 'varchar(320)', (column) => column.primaryKey())
    .addColumn('identity', 'varchar(64)', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
}
