import type { Kysely } from 'kysely'
import { autoId, createTable } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'groups')
    .addColumn('id', ...autoId(db))
    .addColumn('name', 'varchar(64)', (column) => column.notNull().unique())
    .addColumn('long_name', 'varchar(255)', (column) => column.notNull())
    .addColumn('description', 'varchar(2048)')
    .addColumn('avatar', 'varchar(1024)')
    .addColumn('url', 'varchar(1024)')
    .addColumn('subscription_uuid', 'varchar(36)', (column) => column.notNull().unique())
    .addColumn('bootstrap_user_id', 'bigint', (column) => column.unique())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute()
}
