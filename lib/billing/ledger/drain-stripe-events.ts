import type { StripeEventRow } from '../../db/tables.ts'
import { newTrace } from '../../http/trace.ts'
import { isObject } from '../stripe-fields.ts'
import { applyEvent } from './apply-event.ts'
import { isHandled } from './handled-events.ts'
import type { LedgerServices } from './ledger-services.ts'
import {
  claimStripeEvents,
  failStripeEvent,
  ignoreStripeEvents,
  releaseStripeEvents,
} from './stripe-event-store.ts'

const BATCH = 64
/** After so many events that Stripe kept waiting, the rest is not tried. */
const MAX_AWAY = 3

export interface LedgerWork extends LedgerServices {
  /** Names this process among the replicas; no two that run at once may share its last 32 characters. */
  owner: string
  /** In [0, 1); spreads retries. */
  random(): number
  /** Events applied at once; default 4. */
  lanes?: number
}

export interface LedgerLimits {
  /** Most events to claim; absent = all that are due. */
  maxEvents?: number
  /** Asked before each claim and each event. */
  stopped?: () => boolean
  /** How long events rest that something away kept waiting; default 1 s. */
  releaseMs?: number
}

export interface LedgerReport {
  applied: number
  ignored: number
  failed: number
  dead: number
  /** What kept events waiting. */
  away?: string
  /** Whether it ended because nothing more was due. */
  empty: boolean
}

/**
 * Applies the Stripe events that are due, batch after batch, until nothing is left, a limit is reached or something is away. What it
 * claimed is settled or released when it returns.
 * @throws what the database throws when it is away
 */
export async function drainStripeEvents(work: LedgerWork, limits: LedgerLimits = {}): Promise<LedgerReport> {
  const { maxEvents = Number.POSITIVE_INFINITY, stopped = () => false } = limits
  const { db, clock, config, owner } = work
  const report: LedgerReport = { applied: 0, ignored: 0, failed: 0, dead: 0, empty: false }
  let claimed = 0
  let waiting = 0
  while (!stopped() && claimed < maxEvents && waiting < MAX_AWAY) {
    const limit = Math.min(BATCH, maxEvents - claimed)
    const { leaseMs } = config.stripe
    const rows = await claimStripeEvents(db, { owner, now: clock.now(), leaseMs, limit })
    claimed += rows.length
    if (rows.length === 0) {
      report.empty = true
      break
    }
    waiting += await applyBatch(work, rows, report, limits)
  }
  return report
}

/** @returns how many events wait for something that is away */
async function applyBatch(
  work: LedgerWork,
  rows: StripeEventRow[],
  report: LedgerReport,
  { stopped = () => false, releaseMs = 1000 }: LedgerLimits,
): Promise<number> {
  const { db, clock, owner, metrics } = work
  const handled = rows.filter(({ type }) => isHandled(type))
  const others = rows.filter(({ type }) => !isHandled(type))
  await ignoreStripeEvents(db, owner, others, clock.now())
  report.ignored += others.length
  for (const _ of others) metrics.countLedger('ignored')

  // Events about one customer follow each other, those about different ones go side by side.
  const queues = [...Map.groupBy(handled, subjectOf).values()]
  const left = new Set(handled)
  let waiting = 0
  const lane = async () => {
    for (let queue = queues.shift(); queue; queue = queues.shift()) {
      for (const row of queue) {
        if (stopped() || waiting >= MAX_AWAY) return
        if ((await applyOne(work, row, report)) === 'away') {
          waiting++
          break
        }
        left.delete(row)
      }
    }
  }
  const lanes = Array.from({ length: Math.min(work.lanes ?? 4, queues.length) }, lane)
  const failed = (await Promise.allSettled(lanes)).find((result) => result.status === 'rejected')
  // A lease that cannot be given back runs out.
  if (failed) throw failed.reason
  await releaseStripeEvents(db, owner, [...left], clock.now() + (waiting ? releaseMs : 0))
  return waiting
}

async function applyOne(
  work: LedgerWork,
  row: StripeEventRow,
  report: LedgerReport,
): Promise<'away' | 'done'> {
  const { db, clock, config, log, metrics, owner, random } = work
  const outcome = await applyEvent(work, owner, row, newTrace())
  switch (outcome.kind) {
    case 'applied':
      report.applied++
      metrics.countLedger('applied')
      return 'done'
    case 'lost':
      return 'done'
    case 'away':
      report.away = outcome.reason
      return 'away'
    case 'failed': {
      const { maxAttempts } = config.stripe
      const { reason, cause } = outcome
      const state = await failStripeEvent(db, owner, row, {
        reason,
        now: clock.now(),
        maxAttempts,
        random: random(),
      })
      report[state === 'dead' ? 'dead' : 'failed']++
      metrics.countLedger(state === 'dead' ? 'dead' : 'failed')
      const line = { event: row.id, type: row.type, err: cause }
      if (state === 'dead') log.error(line, 'a Stripe event became a dead letter')
      else if (row.attempts === 0) log.warn(line, 'a Stripe event failed, will be tried again')
      return 'done'
    }
  }
}

/** What an event is about: the customer, whom everything else of his hangs on, else the object itself. */
function subjectOf(row: StripeEventRow): string {
  try {
    const object = JSON.parse(row.payload ?? '').data.object
    const customer = isObject(object.customer) ? object.customer.id : object.customer
    return String(customer ?? object.id)
  } catch {
    return row.id
  }
}
