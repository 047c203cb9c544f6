import type { Transaction } from 'kysely'
import type { Config } from '../../config.ts'
import type { Database, GroupRow, SubscriptionRow } from '../../db/tables.ts'
import { appendEvent } from '../../events/outbox.ts'
import type { Payload } from '../../events/subjects.ts'
import type { Trace } from '../../http/trace.ts'
import { LIVE_STATUSES } from '../group-subscriptions.ts'

export type NamedGroup = Pick<GroupRow, 'id' | 'name'>

interface Told {
  config: Pick<Config, 'events'>
  now: number
  trace: Trace
}

/**
 * Tells that a group got a subscription, unless subscription events are muted. Of one that has ended before its group was known, the
 * end is told as well: who counts what begins also counts what ends.
 */
export async function tellCreated(
  trx: Transaction<Database>,
  row: SubscriptionRow,
  group: NamedGroup,
  { config, now, trace }: Told,
): Promise<void> {
  if (config.events.disableSubscriptionEvents) return
  const payload = changePayload(row, group)
  await appendEvent(trx, 'subscription.created', payload, now, trace)
  if (hasEnded(row.status)) await appendEvent(trx, 'subscription.canceled', payload, now, trace)
}

/** Tells what became of a group's subscription: that it ended, or what of it changed; nothing when nothing did. */
export async function tellChanged(
  trx: Transaction<Database>,
  before: SubscriptionRow,
  after: SubscriptionRow,
  group: NamedGroup,
  { config, now, trace }: Told,
): Promise<void> {
  if (config.events.disableSubscriptionEvents) return
  const payload = changePayload(after, group)
  if (hasEnded(after.status)) {
    if (!hasEnded(before.status)) await appendEvent(trx, 'subscription.canceled', payload, now, trace)
    return
  }
  if (SHOWN.every((column) => before[column] === after[column])) return
  const previous = { status: before.status, tierName: before.tier_name, quantity: before.quantity }
  await appendEvent(trx, 'subscription.updated', { ...payload, previous }, now, trace)
}

/** Whether Stripe said that this trial ends soon. */
export function isTrialAnnounced({
  status,
  trial_ends_at: endsAt,
  trial_announced: announced,
}: SubscriptionRow) {
  return status === 'trialing' && endsAt !== null && announced === endsAt
}

/** Tells that a trial ends soon. */
export async function tellTrialEnding(
  trx: Transaction<Database>,
  row: SubscriptionRow,
  group: NamedGroup,
  { config, now, trace }: Told,
): Promise<void> {
  if (config.events.disableSubscriptionEvents || row.trial_ends_at === null) return
  const trialEnd = new Date(row.trial_ends_at).toISOString()
  await appendEvent(trx, 'subscription.trial_ending', { ...changePayload(row, group), trialEnd }, now, trace)
}

/** Statuses that a subscription never leaves. */
export function hasEnded(status: string): boolean {
  return status === 'canceled' || status === 'incomplete_expired'
}

/** Whether the group has the use of it, be it unpaid for the moment. */
export function isLive(status: string): boolean {
  return (LIVE_STATUSES as readonly string[]).includes(status)
}

/** What a change is told for. */
const SHOWN = ['status', 'tier_name', 'quantity', 'period_end', 'ends_at', 'trial_ends_at'] as const

function changePayload(row: SubscriptionRow, group: NamedGroup): Payload<'subscription.canceled'> {
  return {
    tierName: row.tier_name,
    group: { id: group.id, name: group.name },
    status: row.status,
    subscriptionId: row.id,
    billingProvider: row.provider,
    startDate: new Date(row.started_at).toISOString(),
    ...(row.ends_at !== null && { endDate: new Date(row.ends_at).toISOString() }),
    quantity: row.quantity,
    ...(row.provider === 'stripe' && { billingSubscriptionId: row.provider_subscription_id }),
    ...(row.provider_customer_id !== null && { billingCustomerId: row.provider_customer_id }),
    ...(row.period_end !== null && { periodEnd: new Date(row.period_end).toISOString() }),
  }
}
