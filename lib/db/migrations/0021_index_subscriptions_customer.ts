import type { Kysely } from 'kysely'
import { createIndex } from '../dialect.ts'

export async function up(db: Kysely<any>): Promise<void> {
  await createIndex(db, 'subscriptions_customer', 'subscriptions', ['provider_customer_id'])
}
