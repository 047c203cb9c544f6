import { transact } from '../../db/transact.ts'
import type { Trace } from '../../http/trace.ts'
import type { LedgerServices } from './ledger-services.ts'
import { linkCustomer, linkSubscription } from './link.ts'
import { groupOfSubscription, ownedOf } from './owner.ts'

const BATCH = 200

/**
 * Gives groups to subscriptions that belonged to nobody, where their customer or the group that they name has become known.
 * @param after the row to go on behind, so that a sweep passes over all in time
 * @returns how many it linked, and the row to go on behind; 0 at the end
 */
export async function linkUnclaimed(
  services: LedgerServices,
  { after, now, trace }: { after: number; now: number; trace: Trace },
): Promise<{ count: number; after: number }> {
  const rows = await services.db
    .selectFrom('subscriptions')
    .selectAll()
    .where('provider', '=', 'stripe')
    .where('group_id', 'is', null)
    .where('id', '>', after)
    .orderBy('id')
    .limit(BATCH)
    .execute()
  let count = 0
  for (const row of rows) {
    const group = await groupOfSubscription(services.db, ownedOf(row))
    if (!group) continue
    const id = row.provider_subscription_id
    const customerId = row.provider_customer_id
    await transact(services.db, async (trx) => {
      await linkSubscription(trx, services, id, group.id, now, trace)
      if (customerId) await linkCustomer(trx, services, customerId, group.id, now, trace)
    })
    count++
  }
  return { count, after: rows.length === BATCH ? rows.at(-1)!.id : 0 }
}
