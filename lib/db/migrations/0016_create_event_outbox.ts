import type { Kysely } from 'kysely'
import { autoId, createTable, longText } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'event_outbox')
    .addColumn('seq', ...autoId(db))
    .addColumn('id', 'varchar(128)', (column) => column.notNull().unique())
    .addColumn('subject', 'varchar(128)', (column) => column.notNull())
    .addColumn('schema_version', 'integer', (column) => column.notNull())
    .addColumn('payload', longText(db), (column) => column.notNull())
    .addColumn('traceparent', 'varchar(64)')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('state', 'varchar(16)', (column) => column.notNull().defaultTo('pending'))
    .addColumn('lease_until', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('lease_owner', 'varchar(64)')
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('delivered_at', 'bigint')
    .addColumn('last_error', 'varchar(1024)')
    .execute()
}
