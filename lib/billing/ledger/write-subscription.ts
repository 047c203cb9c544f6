import type { Insertable, Transaction } from 'kysely'
import { orIgnore } from '../../db/dialect.ts'
import { fitText } from '../../db/fit-text.ts'
import type { Database, SubscriptionRow, SubscriptionsTable } from '../../db/tables.ts'
import type { Trace } from '../../http/trace.ts'
import type { SubscriptionState } from '../stripe-shapes.ts'
import { LedgerConflictError, type LedgerServices, type StateTime } from './ledger-services.ts'
import { linkCustomer, supersedeOwnSubscription } from './link.ts'
import { groupOfSubscription } from './owner.ts'
import { findSubscription, STRIPE } from './rows.ts'
import {
  hasEnded,
  isLive,
  isTrialAnnounced,
  tellChanged,
  tellCreated,
  tellTrialEnding,
} from './subscription-events.ts'
import { tierOf } from './tier-of.ts'

export interface SubscriptionWrite {
  /** The row that the decision to write was made from; undefined when there was none. */
  known: SubscriptionRow | undefined
  state: SubscriptionState
  time: StateTime
  /** Stripe says that the trial ends soon. */
  trialEnding?: boolean
}

/**
 * Writes a state and tells of what it changed. A subscription without a group gets the one that is known to pay for it.
 * @throws {LedgerConflictError} when the row is not the known one any more
 */
export async function writeSubscription(
  trx: Transaction<Database>,
  { config }: Pick<LedgerServices, 'config'>,
  { known, state, time, trialEnding = false }: SubscriptionWrite,
  now: number,
  trace: Trace,
): Promise<void> {
  const group = await groupOfSubscription(trx, { ...state, knownGroupId: known?.group_id ?? null })
  const values = { ...columns(config.tiers, known, state), group_id: group?.id ?? known?.group_id ?? null }
  const announced = trialEnding && values.status === 'trialing' ? values.trial_ends_at : null
  const written = {
    ...values,
    ...(announced !== null && { trial_announced: announced }),
    as_of: Math.max(time.asOf, known?.as_of ?? 0),
    ...(time.eventId && { last_event_id: time.eventId }),
    updated_at: now,
  }
  const after = known ? await update(trx, known, written) : await insert(trx, state.id, written)
  if (!group) return
  const told = { config, now, trace }
  const isNew = known === undefined || known.group_id === null
  if (isNew) {
    await tellCreated(trx, after, group, told)
    if (state.customerId) await linkCustomer(trx, { config }, state.customerId, group.id, now, trace)
  } else await tellChanged(trx, known, after, group, told)
  if (isLive(after.status) && !(known && isLive(known.status) && known.group_id !== null)) {
    await supersedeOwnSubscription(trx, group.id, now)
  }
  const wasTold = !isNew && known.trial_announced === after.trial_announced
  if (!wasTold && isTrialAnnounced(after)) await tellTrialEnding(trx, after, group, told)
}

/** A column that is not as Stripe has it. */
export interface FieldDifference {
  field: string
  ours: unknown
  stripes: unknown
}

/** Where the row is not as this state would make it. */
export function subscriptionDifferences(
  row: SubscriptionRow,
  state: SubscriptionState,
  { tiers }: Pick<LedgerServices['config'], 'tiers'>,
): FieldDifference[] {
  return Object.entries(columns(tiers, row, state)).flatMap(([field, stripes]) => {
    const ours = row[field as keyof SubscriptionRow]
    return ours === stripes ? [] : [{ field, ours, stripes }]
  })
}

/** Whether the row is as this state would make it. */
export function showsState(
  row: SubscriptionRow,
  state: SubscriptionState,
  config: Pick<LedgerServices['config'], 'tiers'>,
): boolean {
  return subscriptionDifferences(row, state, config).length === 0
}

function columns(
  tiers: LedgerServices['config']['tiers'],
  known: SubscriptionRow | undefined,
  state: SubscriptionState,
) {
  const { tierName, item } = tierOf(tiers, state.items)
  const ended = known !== undefined && hasEnded(known.status)
  const endsAt = state.endedAt ?? state.cancelAt ?? (state.cancelAtPeriodEnd ? state.periodEnd : null)
  return {
    tier_name: fitText(tierName, 255),
    provider_customer_id: state.customerId,
    // An ended subscription stays ended, whatever is told.
    status: ended ? known.status : state.status,
    started_at: state.startedAt,
    ends_at: ended ? known.ends_at : endsAt,
    price_id: item.priceId && fitText(item.priceId, 255),
    lookup_key: item.lookupKey && fitText(item.lookupKey, 255),
    quantity: item.quantity,
    period_start: state.periodStart,
    period_end: state.periodEnd,
    trial_ends_at: state.trialEndsAt,
    cancel_at: state.cancelAt,
    cancel_at_period_end: state.cancelAtPeriodEnd ? 1 : 0,
    canceled_at: state.canceledAt,
    ended_at: ended ? known.ended_at : state.endedAt,
    named_group: state.namedGroup && fitText(state.namedGroup, 255),
    reservation_id: state.reservationId && fitText(state.reservationId, 255),
    livemode: state.livemode ? 1 : 0,
  }
}

async function update(
  trx: Transaction<Database>,
  known: SubscriptionRow,
  values: Partial<SubscriptionRow>,
): Promise<SubscriptionRow> {
  const after = { ...known, ...values, version: known.version + 1 }
  const { numUpdatedRows } = await trx
    .updateTable('subscriptions')
    .set({ ...values, version: after.version })
    .where('id', '=', known.id)
    .where('version', '=', known.version)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw new LedgerConflictError()
  return after
}

async function insert(
  trx: Transaction<Database>,
  id: string,
  values: Omit<Insertable<SubscriptionsTable>, 'provider' | 'provider_subscription_id' | 'created_at'>,
): Promise<SubscriptionRow> {
  const row = { ...values, provider: STRIPE, provider_subscription_id: id, created_at: values.updated_at }
  const insertion = orIgnore(trx, trx.insertInto('subscriptions').values(row))
  if ((await insertion.executeTakeFirst()).numInsertedOrUpdatedRows !== 1n) throw new LedgerConflictError()
  return (await findSubscription(trx, id))!
}
