import { change, emit } from './events.ts'
import type { StandIn } from './stand-in.ts'
import type { StoredSubscription } from './stored.ts'

const TRIAL_WARNING_SECONDS = 3 * 86_400

export type EndReason = 'cancellation_requested' | 'payment_failed'

export function isLive({ status }: StoredSubscription): boolean {
  return status !== 'canceled' && status !== 'incomplete_expired'
}

/** The period that has been paid for, or is being paid for. */
export function currentPeriod({ items }: StoredSubscription): { start: number; end: number } {
  const [item] = items.data
  return { start: item!.current_period_start, end: item!.current_period_end }
}

export function setStatus(
  standIn: StandIn,
  subscription: StoredSubscription,
  status: StoredSubscription['status'],
): void {
  change(standIn, 'customer.subscription.updated', subscription, () => {
    subscription.status = status
  })
}

/** Ends a subscription now and for good, and stops collecting its unpaid invoices. */
export function endSubscription(standIn: StandIn, subscription: StoredSubscription, reason: EndReason): void {
  const { clock } = standIn
  subscription.status = 'canceled'
  subscription.canceled_at ??= clock.seconds()
  subscription.ended_at = clock.seconds()
  subscription.cancellation_details = {
    comment: null,
    feedback: null,
    feedback_option: null,
    ...subscription.cancellation_details,
    reason: subscription.cancellation_details?.reason ?? reason,
  }
  emit(standIn, 'customer.subscription.deleted', subscription)
  stopCollecting(standIn, subscription)
  forgetSubscription(standIn, subscription.id)
}

/** Ends a subscription whose first payment never came. */
export function expireIncomplete(standIn: StandIn, subscription: StoredSubscription): void {
  change(standIn, 'customer.subscription.updated', subscription, () => {
    subscription.status = 'incomplete_expired'
    subscription.ended_at = standIn.clock.seconds()
  })
  stopCollecting(standIn, subscription)
  forgetSubscription(standIn, subscription.id)
}

/**
 * Sets when the subscription's own happenings come.
 * @param trialIsNew a warning that was given is not given again for the same trial
 */
export function planAhead(
  { agenda, clock }: StandIn,
  subscription: StoredSubscription,
  trialIsNew = false,
): void {
  const { id, status, trial_end: trialEnd, cancel_at: cancelAt, test_clock: testClock } = subscription
  const { end } = currentPeriod(subscription)
  if (status !== 'trialing' || trialEnd === null) agenda.set('trial-will-end', id, null)
  else if (trialIsNew) {
    const warning = Math.max(trialEnd - TRIAL_WARNING_SECONDS, clock.seconds())
    agenda.set('trial-will-end', id, warning, testClock)
  }
  const ends = cancelAt !== null && cancelAt <= end ? cancelAt : null
  agenda.set('subscription-ends', id, ends, testClock)
  agenda.set('period-ends', id, ends === end ? null : end, testClock)
}

function stopCollecting(standIn: StandIn, { id }: StoredSubscription): void {
  const { store, agenda } = standIn
  for (const invoice of store.invoices.values()) {
    if (invoice.parent?.subscription_details?.subscription !== id) continue
    if (invoice.status !== 'draft' && invoice.status !== 'open') continue
    agenda.set('invoice-finalizes', invoice.id, null)
    agenda.set('payment-retries', invoice.id, null)
    change(standIn, 'invoice.updated', invoice, () => {
      invoice.auto_advance = false
      invoice.automatically_finalizes_at = null
      invoice.next_payment_attempt = null
    })
  }
  for (const pending of store.pendingLines.values()) {
    if (pending.subscription === id) store.pendingLines.delete(pending.id)
  }
}

function forgetSubscription({ agenda }: StandIn, id: string): void {
  for (const happening of [
    'trial-will-end',
    'period-ends',
    'subscription-ends',
    'incomplete-expires',
  ] as const) {
    agenda.set(happening, id, null)
  }
}
