import type { Kysely } from 'kysely'
import { createTable } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createTable(db, 'memberships')
    .addColumn('group_id', 'bigint', (column) => column.notNull())
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('memberships_pk', ['user_id', 'group_id'])
    .execute()
}
