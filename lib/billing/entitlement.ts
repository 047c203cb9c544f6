import type { Kysely } from 'kysely'
import type { Config } from '../config.ts'
import type { Database } from '../db/tables.ts'
import { currentSubscription, findGroupSubscriptions } from './group-subscriptions.ts'
import { isLive } from './ledger/subscription-events.ts'

/** What a group may use. */
export interface Entitlement {
  /** Of the subscription that counts; `none` without one. */
  status: string
  /** Whether it goes on, be it unpaid for the moment. */
  live: boolean
  tierName: string | null
  /** Largest number of members; 0 = unlimited. */
  maxMembers: number
}

/**
 * What a group is entitled to by the subscription that counts: a live one, bought before our own, else the most recent. The limit of a
 * subscription that ended is that of its tier still: what is closed to it, the caller decides by `live`. Without tiers in the
 * configuration, and for a tier that it does not know, there is no limit.
 */
export async function entitlement(
  db: Kysely<Database>,
  { tiers }: Pick<Config, 'tiers'>,
  groupId: number,
  now: number,
): Promise<Entitlement> {
  const current = currentSubscription(await findGroupSubscriptions(db, groupId), now)
  if (!current) return { status: 'none', live: false, tierName: null, maxMembers: tiers[0]?.maxMembers ?? 0 }
  const tier = tiers.find(({ tierName }) => tierName === current.tier_name)
  const trialIsOver = current.provider === 'authlance' && current.ends_at !== null && current.ends_at <= now
  return {
    status: current.status,
    live: isLive(current.status) && !trialIsOver,
    tierName: current.tier_name,
    maxMembers: tier?.maxMembers ?? 0,
  }
}
