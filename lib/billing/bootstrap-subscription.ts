import type { Transaction } from 'kysely'
import type { Config } from '../config.ts'
import type { Database, GroupRow, SubscriptionRow } from '../db/tables.ts'

const DAY_MS = 86_400_000

/** Provider of subscriptions that no payment provider knows. */
export const OWN_PROVIDER = 'authlance'

/**
 * Gives a new group the default tier, the first one configured, with the configured trial.
 * @returns the subscription, or undefined when no tier is configured
 */
export async function createBootstrapSubscription(
  trx: Transaction<Database>,
  config: Pick<Config, 'tiers' | 'stripe'>,
  group: GroupRow,
  now: number,
): Promise<SubscriptionRow | undefined> {
  const tier = config.tiers[0]
  if (!tier) return undefined
  const trialDays = config.stripe?.trialPeriodDays ?? 0
  const key = { provider: OWN_PROVIDER, provider_subscription_id: `group-${group.id}` }
  const row = {
    ...key,
    group_id: group.id,
    tier_name: tier.tierName,
    provider_customer_id: null,
    status: trialDays > 0 ? 'trialing' : 'active',
    started_at: now,
    ends_at: trialDays > 0 ? now + trialDays * DAY_MS : null,
    created_at: now,
    updated_at: now,
  }
  await trx.insertInto('subscriptions').values(row).execute()
  const inserted = trx.selectFrom('subscriptions').selectAll().where('provider', '=', key.provider)
  return inserted
    .where('provider_subscription_id', '=', key.provider_subscription_id)
    .executeTakeFirstOrThrow()
}
