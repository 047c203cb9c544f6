import type { Kysely } from 'kysely'
import { createTable } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'membership_roles')
    .addColumn('group_id', 'bigint', (column) => column.notNull())
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('role', 'varchar(64)', (column) => column.notNull())
    .addPrimaryKeyConstraint('membership_roles_pk', ['user_id', 'group_id', 'role'])
    .execute()
}
