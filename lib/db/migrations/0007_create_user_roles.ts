import type { Kysely } from 'kysely'
import { createTable } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'user_roles')
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('role', 'varchar(64)', (column) => column.notNull())
    .addPrimaryKeyConstraint('user_roles_pk', ['user_id', 'role'])
    .execute()
}
