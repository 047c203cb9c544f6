import type { Kysely } from 'kysely'
import { autoId, createTable, longText } from '../dialect.ts'

/*
 * Each event is updated twice, by its claim and by its acknowledgement. InnoDB changes a row in place, five times
 * cheaper, only when no column changes its width: hence no nulls and states of one width there.
 */
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
    .addColumn('lease_owner', 'varchar(32)', (column) => column.notNull().defaultTo('-'.repeat(32)))
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('relayed_at', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('last_error', 'varchar(1024)')
    .execute()
}
