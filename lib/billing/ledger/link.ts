import type { Transaction } from 'kysely'
import type { Config } from '../../config.ts'
import { onDuplicate } from '../../db/dialect.ts'
import type { Database } from '../../db/tables.ts'
import type { Trace } from '../../http/trace.ts'
import { OWN_PROVIDER } from '../bootstrap-subscription.ts'
import { findGroupById } from './owner.ts'
import { findSubscription, STRIPE } from './rows.ts'
import { isLive, isTrialAnnounced, tellCreated, tellTrialEnding } from './subscription-events.ts'

/** Gives a Stripe subscription its group, and tells of it; one that has a group keeps it. */
export async function linkSubscription(
  trx: Transaction<Database>,
  { config }: { config: Pick<Config, 'events'> },
  providerSubscriptionId: string,
  groupId: number,
  now: number,
  trace: Trace,
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('subscriptions')
    .set((eb) => ({ group_id: groupId, version: eb('version', '+', 1), updated_at: now }))
    .where('provider', '=', STRIPE)
    .where('provider_subscription_id', '=', providerSubscriptionId)
    .where('group_id', 'is', null)
    .executeTakeFirst()
  const group = await findGroupById(trx, groupId)
  if (numUpdatedRows === 0n || !group) return
  const row = await findSubscription(trx, providerSubscriptionId)
  if (!row) return
  const told = { config, now, trace }
  await tellCreated(trx, row, group, told)
  // Nobody could be told of it before.
  if (isTrialAnnounced(row)) await tellTrialEnding(trx, row, group, told)
  if (isLive(row.status)) await supersedeOwnSubscription(trx, groupId, now)
}

/**
 * Notes whom a Stripe customer pays for, and gives its subscriptions that nobody claimed to that group. A customer that has a group
 * keeps it. Subscriptions that a checkout of ours made wait for their own checkout.
 */
export async function linkCustomer(
  trx: Transaction<Database>,
  { config }: { config: Pick<Config, 'events'> },
  customerId: string,
  groupId: number,
  now: number,
  trace: Trace,
): Promise<void> {
  const row = { customer_id: customerId, group_id: groupId, email: null, name: null, named_group: null }
  const insert = trx
    .insertInto('billing_customers')
    .values({ ...row, last_event_id: null, created_at: now, updated_at: now })
  await onDuplicate(trx, insert, ['customer_id'], ({ fn, ref, val }) => ({
    group_id: fn.coalesce(ref('billing_customers.group_id'), val(groupId)),
    updated_at: now,
  })).execute()
  const customer = await trx
    .selectFrom('billing_customers')
    .select('group_id')
    .where('customer_id', '=', customerId)
    .executeTakeFirstOrThrow()

  const unclaimed = await trx
    .selectFrom('subscriptions')
    .select('provider_subscription_id')
    .where('provider', '=', STRIPE)
    .where('provider_customer_id', '=', customerId)
    .where('group_id', 'is', null)
    .where('reservation_id', 'is', null)
    .execute()
  for (const { provider_subscription_id: id } of unclaimed) {
    await linkSubscription(trx, { config }, id, customer.group_id ?? groupId, now, trace)
  }
}

/** Ends the subscription that no payment provider knows, now that the group has bought one; nothing is told of it. */
export async function supersedeOwnSubscription(
  trx: Transaction<Database>,
  groupId: number,
  now: number,
): Promise<void> {
  await trx
    .updateTable('subscriptions')
    .set({ status: 'canceled', ends_at: now, ended_at: now, canceled_at: now, updated_at: now })
    .where('group_id', '=', groupId)
    .where('provider', '=', OWN_PROVIDER)
    .where('status', 'in', ['trialing', 'active'])
    .execute()
}
