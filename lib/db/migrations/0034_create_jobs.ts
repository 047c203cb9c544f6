import type { Kysely } from 'kysely'
import { createTable } from '../dialect.ts'

/** Work that one replica at a time does, with the place where it goes on. */
export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'jobs')
    .addColumn('name', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('lease_owner', 'varchar(64)', (column) => column.notNull().defaultTo(''))
    .addColumn('lease_until', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('position', 'varchar(1024)')
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute()
}
