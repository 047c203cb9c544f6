import { ReconcileStoppedError, reconcile } from '../../lib/billing/reconcile/reconcile.ts'
import type { Env } from '../../lib/env.ts'

/** Far below the 15 minutes that a schedule may take. */
const MAX_MS = 120_000
/** Of the interval, how long ago the last run has to be: schedules are not exact. */
const REST_SHARE = 0.8

/**
 * Reconciles the ledger with Stripe within one invocation of the schedule, every `stripe.reconcileIntervalMs`; never with 0 or
 * without a key. What does not fit in its time is done anew by the next one, or by `authlance stripe reconcile`. Never throws.
 */
export async function reconcileStripe(env: Env): Promise<void> {
  const { config, clock, log } = env
  const { reconcileIntervalMs: intervalMs, secretKey } = config.stripe
  if (intervalMs === 0 || !secretKey) return
  const end = clock.now() + MAX_MS
  try {
    const work = { ...env, owner: crypto.randomUUID(), random: Math.random }
    const restMs = intervalMs * REST_SHARE
    const report = await reconcile(work, { restMs, stopped: () => clock.now() >= end })
    if (!report) return
    const { events, customers, subscriptions, drift, gap } = report
    const line = { ...events, customers, subscriptions, drifted: drift.length, ...(gap && { gap }) }
    if (gap || drift.length > 0) log.warn(line, 'ledger reconciled: it differed from Stripe')
    else log.info(line, 'ledger reconciled')
  } catch (error) {
    if (error instanceof ReconcileStoppedError) {
      log.warn({ afterMs: MAX_MS }, 'the ledger takes longer to reconcile than a schedule may')
    } else log.warn({ err: error }, 'the ledger could not be reconciled, will be tried again')
  }
}
