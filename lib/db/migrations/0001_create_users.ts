import type { Kysely } from 'kysely'
import { autoId, createTable } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'users')
    .addColumn('id', ...autoId(db))
    .addColumn('identity', 'varchar(64)', (column) => column.notNull().unique())
    .addColumn('email', 'varchar(320)', (column) => column.notNull())
    .addColumn('first_name', 'varchar(255)', (column) => column.notNull())
    .addColumn('last_name', 'varchar(255)', (column) => column.notNull())
    .addColumn('verified', 'integer', (column) => column.notNull())
    .addColumn('state', 'varchar(16)', (column) => column.notNull())
    .addColumn('avatar', 'varchar(1024)')
    .addColumn('birth_date', 'varchar(10)')
    .addColumn('gender', 'varchar(16)')
    .addColumn('bootstrapped_at', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute()
}
