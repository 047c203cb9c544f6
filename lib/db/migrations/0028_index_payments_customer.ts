import type { Kysely } from 'kysely'
import { createIndex } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createIndex(db, 'payments_customer', 'payments', ['customer_id'])
}
