import type { Kysely } from 'kysely'
import { createTable } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'billing_customers')
    .addColumn('customer_id', 'varchar(255)', (column) => column.primaryKey())
    .addColumn('group_id', 'bigint')
    .addColumn('email', 'varchar(512)')
    .addColumn('name', 'varchar(255)')
    .addColumn('deleted', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('named_group', 'varchar(255)')
    .addColumn('livemode', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('as_of', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('version', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('last_event_id', 'varchar(255)')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute()
}
