import type { Kysely } from 'kysely'
import { createTable } from '../dialect.ts'

/** A name is held by the one row that has it in `held_name`; a row that lets go keeps its `name` and a null there. */
export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'checkout_reservations')
    .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
    .addColumn('name', 'varchar(63)', (column) => column.notNull())
    .addColumn('held_name', 'varchar(63)', (column) => column.unique())
    .addColumn('identity', 'varchar(64)', (column) => column.notNull())
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('group_id', 'bigint')
    .addColumn('long_name', 'varchar(255)', (column) => column.notNull())
    .addColumn('lookup_key', 'varchar(255)', (column) => column.notNull())
    .addColumn('state', 'varchar(16)', (column) => column.notNull())
    .addColumn('session_id', 'varchar(255)', (column) => column.unique())
    .addColumn('provider_subscription_id', 'varchar(255)')
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute()
}
