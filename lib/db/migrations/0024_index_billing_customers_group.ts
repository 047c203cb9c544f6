import type { Kysely } from 'kysely'
import { createIndex } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createIndex(db, 'billing_customers_group', 'billing_customers', ['group_id'])
}
