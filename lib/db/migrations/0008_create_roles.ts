import type { Kysely } from 'kysely'
import { createTable } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'roles')
    .addColumn('name', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('scope', 'varchar(16)', (column) => column.notNull())
    .execute()
}
