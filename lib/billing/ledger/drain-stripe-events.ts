import type { StripeEventRow } from '../../db/tables.ts'
import { newTrace } from '../../http/trace.ts'
import type { StripeReach } from '../stripe-client.ts'
import { isObject } from '../stripe-fields.ts'
import { applyEvent, applyTogether } from './apply-event.ts'
import { isHandled } from './handled-events.ts'
import type { LedgerServices } from './ledger-services.ts'
import {
  claimStripeEvents,
  failStripeEvent,
  ignoreStripeEvents,
  releaseStripeEvents,
} from './stripe-event-store.ts'

const BATCH = 128
/** Events that share a transaction: so few that its locks are short. */
const TOGETHER = 32
/** After so many events that something away keeps waiting, the rest is not tried. */
const MAX_AWAY = 100
/** How long an event rests that waits by itself, such as for a permission that our key lacks. */
const HELD_MS = 5000

export interface LedgerWork extends LedgerServices {
  /** Names this process among the replicas; no two that run at once may share its last 32 characters. */
  owner: string
  /** In [0, 1); spreads retries. */
  random(): number
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
  /** Why Stripe as a whole could not be asked. */
  outage?: string
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
  // Once Stripe is found to be away, only what needs it waits, and without another call each.
  const reach: StripeReach = {}
  const reaching: LedgerWork = { ...work, reach }
  const report: LedgerReport = { applied: 0, ignored: 0, failed: 0, dead: 0, empty: false }
  let claimed = 0
  let waiting = 0
  while (!stopped() && claimed < maxEvents && waiting < MAX_AWAY) {
    const limit = Math.min(BATCH, maxEvents - claimed)
    const { leaseMs } = config.stripe
    const rows = await claimStripeEvents(db, { owner, now: clock.now(), leaseMs, limit })
    claimed += rows.length
    if (rows.length > 0) waiting += await applyBatch(reaching, rows, report, limits)
    report.empty = rows.length < limit
    if (report.empty) break
  }
  if (reach.outage) report.outage = reach.outage.reason
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

  // Events about one customer follow each other; the first ones of several customers go together.
  const queues = new Set(Map.groupBy(handled, subjectOf).values())
  const left = new Set(handled)
  const held: StripeEventRow[] = []
  let waiting = 0
  while (queues.size > 0 && !stopped() && waiting < MAX_AWAY) {
    const chosen = [...queues].slice(0, TOGETHER)
    const heads = chosen.map((queue) => queue.shift()!)
    const outcomes = await applyHeads(work, heads, report)
    for (const [index, queue] of chosen.entries()) {
      const head = heads[index]!
      queues.delete(queue)
      left.delete(head)
      if (outcomes[index] === 'away') {
        waiting++
        // What follows an event that waits waits, too.
        for (const row of [head, ...queue]) left.delete(row)
        held.push(head, ...queue)
      } else if (queue.length > 0) queues.add(queue) // Who had his turn stands behind the others.
    }
  }
  const restMs = work.reach?.outage ? releaseMs : Math.max(releaseMs, HELD_MS)
  await releaseStripeEvents(db, owner, held, clock.now() + restMs)
  await releaseStripeEvents(db, owner, [...left], clock.now())
  return waiting
}

async function applyHeads(
  work: LedgerWork,
  rows: StripeEventRow[],
  report: LedgerReport,
): Promise<('away' | 'done')[]> {
  if (rows.length > 1 && (await applyTogether(work, work.owner, rows))) {
    report.applied += rows.length
    for (const _ of rows) work.metrics.countLedger('applied')
    return rows.map(() => 'done')
  }
  const outcomes: ('away' | 'done')[] = []
  for (const row of rows) outcomes.push(await applyOne(work, row, report))
  return outcomes
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
