import type { Kysely } from 'kysely'
import { createTable, longText } from '../dialect.ts'

/** As in the outbox, no column that a claim or its outcome updates changes its width, so that InnoDB updates in place. */
export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'stripe_events')
    .addColumn('id', 'varchar(255)', (column) => column.primaryKey())
    .addColumn('type', 'varchar(255)', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('api_version', 'varchar(64)')
    .addColumn('livemode', 'integer', (column) => column.notNull())
    .addColumn('payload', longText(db))
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addColumn('state', 'varchar(16)', (column) => column.notNull().defaultTo('pending'))
    .addColumn('lease_until', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('lease_owner', 'varchar(32)', (column) => column.notNull().defaultTo('-'.repeat(32)))
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('settled_at', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('last_error', 'varchar(1024)')
    .execute()
}
