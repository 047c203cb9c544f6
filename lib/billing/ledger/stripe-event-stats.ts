import type { Kysely } from 'kysely'
import type { Database } from '../../db/tables.ts'

export interface StripeEventStats {
  pending: number
  /** Age of the oldest event that waits, since it was taken in; 0 when none does. */
  oldestPendingAgeMs: number
  dead: number
}

/** Numbers for metrics and operators. @param now milliseconds since the epoch */
export async function stripeEventStats(db: Kysely<Database>, now: number): Promise<StripeEventStats> {
  const rows = await db
    .selectFrom('stripe_events')
    .select(({ fn }) => ['state', fn.countAll<number>().as('count'), fn.min('received_at').as('oldest')])
    .where('state', 'in', ['pending', 'dead'])
    .groupBy('state')
    .execute()
  const pending = rows.find(({ state }) => state === 'pending')
  const dead = rows.find(({ state }) => state === 'dead')
  return {
    pending: Number(pending?.count ?? 0),
    oldestPendingAgeMs: pending ? Math.max(0, now - Number(pending.oldest)) : 0,
    dead: Number(dead?.count ?? 0),
  }
}
