import { createPause, pause as sleep, within } from '../../async/pause.ts'
import type { Config } from '../../config.ts'
import { type BackoffRange, backoffMs } from '../../events/backoff.ts'
import { newTrace } from '../../http/trace.ts'
import { drainStripeEvents, type LedgerReport, type LedgerWork } from './drain-stripe-events.ts'
import { tendLedger } from './tend-ledger.ts'

const AWAY: BackoffRange = { minMs: 200, maxMs: 30_000 }
const TEND_MS = 60_000
/** Least time between two turns, so that events that come in a stream are taken up together. */
const REST_MS = 20

export interface LedgerWorkerOptions extends Omit<LedgerWork, 'random'> {
  config: LedgerWork['config'] & Pick<Config, 'shutdown'>
  /** Called when the outbox has new events. */
  onWritten(): void
  /** In [0, 1); default Math.random. */
  random?: () => number
}

/** Applies the Stripe events that were taken in; one runs in every replica. */
export interface LedgerWorker {
  /** Says that Stripe events wait. */
  wake(): void
  start(): void
  /** Applies what is due once, beside the loop. @throws while the database is away */
  drainOnce(): Promise<LedgerReport>
  /**
   * Finishes the events that it is at, then ends; no later than the limit, after which leases run out by themselves. Never throws.
   * @param limitMs default `shutdown.timeoutMs`
   */
  stop(limitMs?: number): Promise<void>
}

/** Keeps running through any failure: while Stripe or the database is away it waits, and no event counts a try. */
export function createLedgerWorker({ random = Math.random, ...options }: LedgerWorkerOptions): LedgerWorker {
  const { config, log, clock, onWritten } = options
  const work: LedgerWork = { ...options, random }
  const pause = createPause()
  let failures = 0
  let stopping = false
  let running: Promise<void> | undefined
  let tendedAt = clock.now() - TEND_MS * random()
  let unclaimedAfter = 0
  let heldFor: string | undefined

  async function drainOnce(): Promise<LedgerReport> {
    const releaseMs = backoffMs(failures + 1, AWAY, random())
    const report = await drainStripeEvents(work, { stopped: () => stopping, releaseMs })
    // Every event that was taken in has an outbox row of its own.
    if (report.applied + report.ignored > 0) onWritten()
    return report
  }

  async function tendIfDue(): Promise<void> {
    const now = clock.now()
    if (now - tendedAt < TEND_MS) return
    tendedAt = now
    const tended = await tendLedger(work, { unclaimedAfter, now, trace: newTrace() })
    unclaimedAfter = tended.unclaimedAfter
    if (tended.written) onWritten()
  }

  /** @returns how long to wait before the next turn */
  async function turn(): Promise<number> {
    try {
      const { away, outage } = await drainOnce()
      if (outage === undefined) noteFlowing()
      else noteAway('Stripe', outage)
      noteHeld(outage === undefined ? away : undefined)
      await tendIfDue()
    } catch (error) {
      noteAway('database', error instanceof Error ? error.message : String(error))
    }
    return failures > 0 ? backoffMs(failures, AWAY, random()) : config.stripe.workerIntervalMs
  }

  function noteAway(part: string, reason: string): void {
    failures++
    if (failures === 1) log.warn({ part, reason }, `Stripe events wait: ${part} away`)
  }

  function noteFlowing(): void {
    if (failures > 0) log.info({}, 'Stripe events flow again')
    failures = 0
  }

  /** Some events wait while others flow: said once for each reason. */
  function noteHeld(reason: string | undefined): void {
    if (reason !== undefined && reason !== heldFor) log.warn({ reason }, 'some Stripe events wait')
    heldFor = reason ?? heldFor
  }

  return {
    wake() {
      if (failures === 0) pause.end()
    },
    start() {
      running ??= (async () => {
        while (!stopping) {
          const waitMs = await turn()
          if (!stopping) await sleep(REST_MS)
          if (!stopping) await pause.wait(waitMs)
        }
      })()
    },
    drainOnce,
    async stop(limitMs = config.shutdown.timeoutMs) {
      stopping = true
      pause.end()
      if (running && !(await within(limitMs, running)))
        log.warn({}, 'stopped while Stripe events were applied')
    },
  }
}
