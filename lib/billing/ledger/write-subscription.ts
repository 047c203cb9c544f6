import type { Insertable, Transaction, Updateable } from 'kysely'
import { orIgnore } from '../../db/dialect.ts'
import { fitText } from '../../db/fit-text.ts'
import type { Database, SubscriptionRow } from '../../db/tables.ts'
import type { Trace } from '../../http/trace.ts'
import type { SubscriptionState } from '../stripe-shapes.ts'
import { LedgerConflictError, type LedgerServices, type StateTime } from './ledger-services.ts'
import { linkCustomer, supersedeOwnSubscription } from './link.ts'
import { groupOfSubscription } from './owner.ts'
import { findSubscription, STRIPE } from './rows.ts'
import { hasEnded, isLive, tellChanged, tellCreated, tellTrialEnding } from './subscription-events.ts'
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
): Promise<SubscriptionRow> {
  const group = await groupOfSubscription(trx, { ...state, knownGroupId: known?.group_id ?? null })
  const values = { ...columns(config.tiers, known, state), group_id: group?.id ?? known?.group_id ?? null }
  const announced = trialEnding && values.status === 'trialing' ? values.trial_ends_at : null
  const trialIsNews = announced !== null && announced !== known?.trial_announced
  const written = {
    ...values,
    ...(announced !== null && { trial_announced: announced }),
    as_of: Math.max(time.asOf, known?.as_of ?? 0),
    ...(time.eventId && { last_event_id: time.eventId }),
    updated_at: now,
  }
  if (known) await update(trx, known, written)
  else
    await insert(trx, { ...written, provider: STRIPE, provider_subscription_id: state.id, created_at: now })
  const after = await findSubscription(trx, state.id)
  if (!after) throw new LedgerConflictError()

  if (!group) return after
  const told = { config, now, trace }
  if (known === undefined || known.group_id === null) {
    await tellCreated(trx, after, group, told)
    if (state.customerId) await linkCustomer(trx, { config }, state.customerId, group.id, now, trace)
  } else await tellChanged(trx, known, after, group, told)
  if (isLive(after.status) && !(known && isLive(known.status) && known.group_id !== null)) {
    await supersedeOwnSubscription(trx, group.id, now)
  }
  if (trialIsNews) await tellTrialEnding(trx, after, group, told)
  return after
}

/** Whether the row is as this state would make it. */
export function showsState(
  row: SubscriptionRow,
  state: SubscriptionState,
  { tiers }: Pick<LedgerServices['config'], 'tiers'>,
): boolean {
  return Object.entries(columns(tiers, row, state)).every(
    ([name, value]) => row[name as keyof SubscriptionRow] === value,
  )
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
    price_id: item.priceId,
    lookup_key: item.lookupKey,
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
  { id, version }: SubscriptionRow,
  values: Updateable<Database['subscriptions']>,
): Promise<void> {
  const query = trx.updateTable('subscriptions').set({ ...values, version: version + 1 })
  const { numUpdatedRows } = await query
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw new LedgerConflictError()
}

async function insert(trx: Transaction<Database>, row: Insertable<Database['subscriptions']>): Promise<void> {
  const { numInsertedOrUpdatedRows } = await orIgnore(
    trx,
    trx.insertInto('subscriptions').values(row),
  ).executeTakeFirst()
  if (numInsertedOrUpdatedRows !== 1n) throw new LedgerConflictError()
}
