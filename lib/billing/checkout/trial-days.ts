import type { Kysely } from 'kysely'
import type { Database } from '../../db/tables.ts'
import { OWN_PROVIDER } from '../bootstrap-subscription.ts'
import { findGroupSubscriptions } from '../group-subscriptions.ts'

const DAY_MS = 86_400_000

export interface TrialQuestion {
  /** The buyer. */
  identity: string
  /** The group that checkout attaches to. */
  groupId: number | null
  /** Days that the configuration offers. */
  offered: number
  /** Days that the buyer asks for. */
  asked?: number | undefined
}

/**
 * Days of trial for a checkout: as configured unless a smaller number is asked for. There is no second trial: none for a group that
 * bought something before, none for a buyer whose earlier checkout had one, and in a group that is on our own trial only the days
 * that are left of it.
 */
export async function trialDays(db: Kysely<Database>, question: TrialQuestion, now: number): Promise<number> {
  const days = Math.min(question.offered, question.asked ?? question.offered)
  if (days === 0 || (await hadTrial(db, question.identity))) return 0
  return question.groupId === null ? days : Math.min(days, await daysLeft(db, question.groupId, now))
}

async function hadTrial(db: Kysely<Database>, identity: string): Promise<boolean> {
  const query = db
    .selectFrom('checkout_reservations as r')
    .innerJoin('subscriptions as s', 's.provider_subscription_id', 'r.provider_subscription_id')
    .select('s.id')
    .where('r.identity', '=', identity)
    .where('r.state', '=', 'completed')
    .where('s.provider', '=', 'stripe')
    .where('s.trial_ends_at', 'is not', null)
    .limit(1)
  return (await query.executeTakeFirst()) !== undefined
}

async function daysLeft(db: Kysely<Database>, groupId: number, now: number): Promise<number> {
  const subscriptions = await findGroupSubscriptions(db, groupId)
  if (subscriptions.some(({ provider }) => provider !== OWN_PROVIDER)) return 0
  const ends = subscriptions.flatMap(({ ends_at: endsAt }) => endsAt ?? [])
  return ends.length ? Math.max(0, Math.ceil((Math.max(...ends) - now) / DAY_MS)) : Number.POSITIVE_INFINITY
}
