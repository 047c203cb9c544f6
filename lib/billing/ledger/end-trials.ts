import type { SubscriptionRow } from '../../db/tables.ts'
import { transact } from '../../db/transact.ts'
import type { Trace } from '../../http/trace.ts'
import { OWN_PROVIDER } from '../bootstrap-subscription.ts'
import type { LedgerServices } from './ledger-services.ts'
import { findGroupById } from './owner.ts'
import { tellChanged } from './subscription-events.ts'

const BATCH = 100

/** Ends the trials that no payment provider knows when their time is over, with one event each. @returns how many it ended */
export async function endTrials(services: LedgerServices, now: number, trace: Trace): Promise<number> {
  let ended = 0
  for (;;) {
    const due = await services.db
      .selectFrom('subscriptions')
      .selectAll()
      .where('provider', '=', OWN_PROVIDER)
      .where('status', '=', 'trialing')
      .where('ends_at', '<=', now)
      .limit(BATCH)
      .execute()
    for (const row of due) ended += await endTrial(services, row, now, trace)
    if (due.length < BATCH) return ended
  }
}

/** Replicas may do this side by side: the first of them ends it. */
function endTrial(
  services: LedgerServices,
  row: SubscriptionRow,
  now: number,
  trace: Trace,
): Promise<number> {
  return transact(services.db, async (trx) => {
    const change = { status: 'canceled', ended_at: row.ends_at, updated_at: now }
    const { numUpdatedRows } = await trx
      .updateTable('subscriptions')
      .set(change)
      .where('id', '=', row.id)
      .where('status', '=', 'trialing')
      .where('ends_at', '=', row.ends_at)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return 0
    const group = row.group_id === null ? undefined : await findGroupById(trx, row.group_id)
    const told = { config: services.config, now, trace }
    if (group) await tellChanged(trx, row, { ...row, ...change }, group, told)
    return 1
  })
}
