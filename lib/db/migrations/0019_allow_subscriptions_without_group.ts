import { type Kysely, sql } from 'kysely'
import { dropNotNull } from '../dialect.ts'

/** A payment provider may tell of a subscription before anybody knows whose it is. */
export async function up(db: Kysely<any>): Promise<void> {
  await dropNotNull(db, {
    table: 'subscriptions',
    column: 'group_id',
    type: sql`bigint`,
    index: 'subscriptions_group',
  })
}
