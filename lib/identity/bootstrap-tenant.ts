import type { Transaction } from 'kysely'
import { createBootstrapSubscription } from '../billing/bootstrap-subscription.ts'
import { tellCreated } from '../billing/ledger/subscription-events.ts'
import type { Config } from '../config.ts'
import type { Database, GroupRow, UserRow } from '../db/tables.ts'
import { appendEvent } from '../events/outbox.ts'
import type { Trace } from '../http/trace.ts'
import { addMember, configuredGroupNames, createGroup } from './groups.ts'
import { makesSlug } from './slug.ts'
import { displayName, eventActor } from './users.ts'

/**
 * Does once for each user what a first login does: tells of the user and, with `authlance.autoCreateGroup`, makes a
 * group with the user as `group-admin` and a subscription on the default tier. A user who already belongs to a group gets no
 * other. The caller holds the lock on the user's row.
 */
export async function bootstrapTenant(
  trx: Transaction<Database>,
  config: Config,
  user: UserRow,
  now: number,
  trace: Trace,
): Promise<void> {
  if (user.bootstrapped_at !== null) return
  await trx.updateTable('users').set({ bootstrapped_at: now }).where('id', '=', user.id).execute()
  await appendEvent(trx, 'user.created', { user: eventActor(user) }, now, trace)

  if (config.authlance.autoCreateGroup && !(await hasMembership(trx, user))) {
    await bootstrapGroup(trx, config, user, now, trace)
  }
}

async function bootstrapGroup(
  trx: Transaction<Database>,
  config: Config,
  user: UserRow,
  now: number,
  trace: Trace,
): Promise<void> {
  const longName = displayName(user)
  const slugSource = [longName, user.email.split('@')[0]!].find(makesSlug) ?? ''
  const notNamed = configuredGroupNames(config)
  const group = await createGroup(trx, { slugSource, longName, bootstrapUserId: user.id, notNamed }, now)
  await addMember(trx, group.id, user.id, ['group-admin'], now)
  const payload = { group: { id: group.id, name: group.name, longName }, user: eventActor(user) }
  await appendEvent(trx, 'group.created', payload, now, trace)
  await bootstrapSubscription(trx, config, group, now, trace)
}

async function bootstrapSubscription(
  trx: Transaction<Database>,
  config: Config,
  group: GroupRow,
  now: number,
  trace: Trace,
): Promise<void> {
  const subscription = await createBootstrapSubscription(trx, config, group, now)
  if (subscription) await tellCreated(trx, subscription, group, { config, now, trace })
}

async function hasMembership(trx: Transaction<Database>, user: UserRow): Promise<boolean> {
  const query = trx.selectFrom('memberships').select('group_id').where('user_id', '=', user.id).limit(1)
  return (await query.executeTakeFirst()) !== undefined
}
