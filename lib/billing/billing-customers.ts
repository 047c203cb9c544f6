import type { Kysely } from 'kysely'
import type { Database } from '../db/tables.ts'

/** The group that a Stripe customer pays for; undefined for one that nobody knows, or that is deleted. */
export async function findPayingGroup(db: Kysely<Database>, customerId: string): Promise<number | undefined> {
  const query = db.selectFrom('billing_customers').select('group_id').where('customer_id', '=', customerId)
  return (await query.where('deleted', '=', 0).executeTakeFirst())?.group_id ?? undefined
}

/** The customer that the group paid as last, so that its invoices stay together. */
export async function findCustomerOfGroup(
  db: Kysely<Database>,
  groupId: number,
): Promise<string | undefined> {
  const query = db.selectFrom('billing_customers').select('customer_id').where('group_id', '=', groupId)
  const row = await query.where('deleted', '=', 0).orderBy('created_at', 'desc').limit(1).executeTakeFirst()
  return row?.customer_id
}
