import type { Kysely } from 'kysely'
import { autoId, createTable } from '../dialect.ts'

/** Facts that are never taken back: each is recorded once, by its kind and reference, however late it is told. */
export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'payments')
    .addColumn('id', ...autoId(db))
    .addColumn('kind', 'varchar(16)', (column) => column.notNull())
    .addColumn('reference', 'varchar(255)', (column) => column.notNull())
    .addColumn('invoice_id', 'varchar(255)')
    .addColumn('payment_intent_id', 'varchar(255)')
    .addColumn('charge_id', 'varchar(255)')
    .addColumn('provider_subscription_id', 'varchar(255)')
    .addColumn('customer_id', 'varchar(255)')
    .addColumn('amount', 'bigint', (column) => column.notNull())
    .addColumn('currency', 'varchar(16)', (column) => column.notNull())
    .addColumn('reason', 'varchar(255)')
    .addColumn('occurred_at', 'bigint', (column) => column.notNull())
    .addColumn('event_id', 'varchar(255)')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('payments_reference', ['kind', 'reference'])
    .execute()
}
