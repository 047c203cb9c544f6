import type { Kysely } from 'kysely'
import type { Database, SubscriptionRow } from '../db/tables.ts'
import { OWN_PROVIDER } from './bootstrap-subscription.ts'

/** Statuses of a subscription that goes on, be it unpaid for the moment. */
export const LIVE_STATUSES = ['active', 'trialing', 'past_due', 'unpaid', 'paused'] as const

/** All subscriptions that a group has or had, the newest first. */
export function findGroupSubscriptions(db: Kysely<Database>, groupId: number): Promise<SubscriptionRow[]> {
  return db
    .selectFrom('subscriptions')
    .selectAll()
    .where('group_id', '=', groupId)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

/** The one that counts: a live one, bought ones before our own, else the most recent. @param rows the newest first */
export function currentSubscription(rows: SubscriptionRow[], now: number): SubscriptionRow | undefined {
  const live = rows.filter((row) => isLive(row, now))
  return live.find(({ provider }) => provider !== OWN_PROVIDER) ?? live[0] ?? rows[0]
}

/** Whether the group has something bought that goes on, so that it needs no other. */
export async function hasLivePurchase(db: Kysely<Database>, groupId: number): Promise<boolean> {
  const query = db
    .selectFrom('subscriptions')
    .select('id')
    .where('group_id', '=', groupId)
    .where('provider', '!=', OWN_PROVIDER)
    .where('status', 'in', LIVE_STATUSES)
    .limit(1)
  return (await query.executeTakeFirst()) !== undefined
}

/** Our own trials end by the clock, even before anybody has written it down. */
function isLive({ status, provider, ends_at: endsAt }: SubscriptionRow, now: number): boolean {
  if (!(LIVE_STATUSES as readonly string[]).includes(status)) return false
  return provider !== OWN_PROVIDER || endsAt === null || endsAt > now
}
