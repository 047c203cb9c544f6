import type { Kysely } from 'kysely'
import { autoId, createTable } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'subscriptions')
    .addColumn('id', ...autoId(db))
    .addColumn('group_id', 'bigint', (column) => column.notNull())
    .addColumn('tier_name', 'varchar(255)', (column) => column.notNull())
    .addColumn('provider', 'varchar(32)', (column) => column.notNull())
    .addColumn('provider_subscription_id', 'varchar(255)', (column) => column.notNull())
    .addColumn('provider_customer_id', 'varchar(255)')
    .addColumn('status', 'varchar(32)', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('ends_at', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('subscriptions_provider_id', ['provider', 'provider_subscription_id'])
    .execute()
}
