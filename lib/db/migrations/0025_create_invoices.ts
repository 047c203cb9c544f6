import type { Kysely } from 'kysely'
import { createTable } from '../dialect.ts'

/** Amounts are whole minor units of `currency`. */
export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'invoices')
    .addColumn('invoice_id', 'varchar(255)', (column) => column.primaryKey())
    .addColumn('number', 'varchar(255)')
    .addColumn('customer_id', 'varchar(255)')
    .addColumn('provider_subscription_id', 'varchar(255)')
    .addColumn('status', 'varchar(32)', (column) => column.notNull())
    .addColumn('currency', 'varchar(16)', (column) => column.notNull())
    .addColumn('amount_due', 'bigint', (column) => column.notNull())
    .addColumn('amount_paid', 'bigint', (column) => column.notNull())
    .addColumn('amount_remaining', 'bigint', (column) => column.notNull())
    .addColumn('total', 'bigint', (column) => column.notNull())
    .addColumn('attempt_count', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('billing_reason', 'varchar(64)')
    .addColumn('invoice_pdf', 'varchar(2048)')
    .addColumn('hosted_invoice_url', 'varchar(2048)')
    .addColumn('period_start', 'bigint')
    .addColumn('period_end', 'bigint')
    .addColumn('paid_at', 'bigint')
    .addColumn('livemode', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('as_of', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('version', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('last_event_id', 'varchar(255)')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute()
}
