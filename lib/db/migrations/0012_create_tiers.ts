import type { Kysely } from 'kysely'
import { createTable, longText } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'tiers')
    .addColumn('tier_name', 'varchar(255)', (column) => column.primaryKey())
    .addColumn('lookup_key', 'varchar(255)')
    .addColumn('definition', longText(db), (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('active', 'integer', (column) => column.notNull())
    .execute()
}
