import { createPause, within } from '../../lib/async/pause.ts'
import type { LedgerWork } from '../../lib/billing/ledger/drain-stripe-events.ts'
import {
  type ReconcileReport,
  ReconcileStoppedError,
  reconcile,
} from '../../lib/billing/reconcile/reconcile.ts'

/** Of the interval, how long ago the last run of any replica has to be. */
const REST_SHARE = 0.8

export interface ReconcileTimer {
  start(): void
  /** Lets go of what it is at, no later than the limit. Never throws. */
  stop(limitMs: number): Promise<void>
}

/**
 * Reconciles the ledger with Stripe every `stripe.reconcileIntervalMs`, one replica for all; never with 0 or without a key. The first
 * time comes within one interval at random, so that replicas do not ask together.
 * @param onWritten called when the outbox may have new events
 */
export function createReconcileTimer(work: LedgerWork, onWritten: () => void): ReconcileTimer {
  const { config, log, random } = work
  const { reconcileIntervalMs: intervalMs, secretKey } = config.stripe
  const pause = createPause()
  let stopping = false
  let running: Promise<void> | undefined

  async function turn(): Promise<void> {
    try {
      const restMs = intervalMs * REST_SHARE
      const report = await reconcile(work, { restMs, stopped: () => stopping })
      if (!report) return
      onWritten()
      tell(report)
    } catch (error) {
      if (error instanceof ReconcileStoppedError) return
      log.warn({ err: error }, 'the ledger could not be reconciled, will be tried again')
    }
  }

  function tell({ events, ledger, customers, subscriptions, drift, gap }: ReconcileReport): void {
    const mended = drift.filter((one) => one.mended).length
    const counts = { ...events, ...ledger, customers, subscriptions, drifted: drift.length, mended }
    const line = { ...counts, ...(gap && { gap }) }
    if (gap || drift.length > 0) log.warn(line, 'ledger reconciled: it differed from Stripe')
    else log.info(line, 'ledger reconciled')
  }

  return {
    start() {
      if (intervalMs === 0 || !secretKey) return
      running ??= (async () => {
        await pause.wait(intervalMs * random())
        while (!stopping) {
          await turn()
          if (!stopping) await pause.wait(intervalMs)
        }
      })()
    },
    async stop(limitMs) {
      stopping = true
      pause.end()
      if (running && !(await within(limitMs, running)))
        log.warn({}, 'stopped while the ledger was reconciled')
    },
  }
}
