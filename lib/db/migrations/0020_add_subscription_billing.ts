import type { Kysely } from 'kysely'
import { addColumns } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await addColumns(db, 'subscriptions', [
    ['price_id', 'varchar(255)'],
    ['lookup_key', 'varchar(255)'],
    ['quantity', 'bigint', (column) => column.notNull().defaultTo(1)],
    ['period_start', 'bigint'],
    ['period_end', 'bigint'],
    ['trial_ends_at', 'bigint'],
    ['trial_announced', 'bigint'],
    ['cancel_at', 'bigint'],
    ['cancel_at_period_end', 'integer', (column) => column.notNull().defaultTo(0)],
    ['canceled_at', 'bigint'],
    ['ended_at', 'bigint'],
    ['named_group', 'varchar(255)'],
    ['reservation_id', 'varchar(255)'],
    ['livemode', 'integer', (column) => column.notNull().defaultTo(0)],
    ['as_of', 'bigint', (column) => column.notNull().defaultTo(0)],
    ['version', 'bigint', (column) => column.notNull().defaultTo(0)],
    ['last_event_id', 'varchar(255)'],
  ])
}
