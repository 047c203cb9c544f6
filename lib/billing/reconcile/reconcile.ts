import { pause } from '../../async/pause.ts'
import { type Job, jobPosition, withJobLease } from '../../db/jobs.ts'
import { drainStripeEvents, type LedgerReport, type LedgerWork } from '../ledger/drain-stripe-events.ts'
import { StripeAwayError } from '../stripe-away.ts'
import { stripeClient } from '../stripe-client.ts'
import { compareCustomer } from './compare-subscriptions.ts'
import type { Drift } from './drift.ts'
import { countKnownCustomers, knownCustomers } from './known-customers.ts'
import { type Position, readPosition, writePosition } from './position.ts'
import { takeMissedEvents } from './take-missed-events.ts'

const JOB = 'stripe.reconcile'
const LEASE_MS = 60_000
const DAY_MS = 86_400_000
/** How long Stripe lists an event. */
const KEPT_MS = 30 * DAY_MS
/** Events may be listed later than they were made. */
const OVERLAP_MS = 3_600_000
/** Customers that are asked for at once. */
const CONCURRENCY = 4
/** How long it waits for events that another replica is just applying. */
const SETTLE_MS = 30_000
/** How often events may be found waiting for something that is away. */
const MAX_WAITS = 3

export interface ReconcileOptions {
  /** Milliseconds since the epoch, in place of where the last run left off. */
  since?: number
  /** Writes nothing, and says what would be done. */
  dryRun?: boolean
  /** Does nothing when the last run ended less than this ago. */
  restMs?: number
  onProgress?(progress: { step: 'events' | 'customers'; done: number; total?: number }): void
  /** Asked between steps. */
  stopped?(): boolean
}

export interface ReconcileReport {
  dryRun: boolean
  events: {
    /** Of handled types, listed by Stripe. */
    seen: number
    /** Those that the webhook did not bring. */
    missed: number
  }
  /** Milliseconds since the epoch; events of this time are gone at Stripe. */
  gap?: { from: number; to: number }
  ledger: Pick<LedgerReport, 'applied' | 'ignored' | 'failed' | 'dead'>
  customers: number
  subscriptions: number
  drift: Drift[]
}

/**
 * Makes the ledger agree with Stripe: takes in the events that the webhook did not bring, applies them, then compares the
 * subscriptions of every known customer. One process at a time; a dry run beside it is harmless.
 * @returns undefined when another is at it, or it was done a short time ago
 * @throws {StripeAwayError} when Stripe is away; what was taken in is kept, and the next run begins where this one did
 * @throws {JobLostError}
 */
export async function reconcile(
  work: LedgerWork,
  options: ReconcileOptions = {},
): Promise<ReconcileReport | undefined> {
  if (!stripeClient(work.config)) throw new StripeAwayError('stripe.secretKey is not configured')
  if (options.dryRun) {
    const position = await jobPosition(work.db, JOB)
    return run(work, options, { position, check: () => undefined, savePosition: async () => undefined })
  }
  // Whoever asks often shall not lease the job for nothing.
  if (options.restMs && rests(readPosition(await jobPosition(work.db, JOB)), work, options)) return undefined
  const lease = { name: JOB, leaseMs: LEASE_MS, clock: work.clock }
  return (await withJobLease(work.db, lease, (job) => run(work, options, job)))?.result
}

async function run(
  work: LedgerWork,
  options: ReconcileOptions,
  job: Job,
): Promise<ReconcileReport | undefined> {
  const { clock } = work
  const { dryRun = false, onProgress, stopped = () => false } = options
  const last = readPosition(job.position)
  const now = clock.now()
  if (rests(last, work, options)) return undefined
  const goOn = () => {
    job.check()
    if (stopped()) throw new ReconcileStoppedError()
  }

  const reach = now - KEPT_MS
  const due = last ? last.eventsUntil - OVERLAP_MS : reach
  const since = Math.max(options.since ?? due, reach)
  const walked = await takeMissedEvents(work, {
    since,
    dryRun,
    onPage(done) {
      onProgress?.({ step: 'events', done })
      goOn()
    },
  })
  const position: Position = { eventsUntil: nextPosition(last, walked), finishedAt: last?.finishedAt ?? 0 }
  // A walk that began later than the last one ended must not hide what lies between.
  const leavesNoHole = since <= Math.max(due, reach)
  if (leavesNoHole) await job.savePosition(writePosition(position))

  const ledger = dryRun ? NOTHING_APPLIED : await applyMissed(work, walked.missed, { goOn, stopped })
  const report: ReconcileReport = {
    dryRun,
    events: { seen: walked.seen, missed: walked.missed.length },
    ...(last && due < reach && { gap: { from: due, to: reach } }),
    ledger,
    customers: 0,
    subscriptions: 0,
    drift: [],
  }
  const total = onProgress && (await countKnownCustomers(work.db))
  await compareAll(work, report, () => {
    onProgress?.({ step: 'customers', done: report.customers, ...(total !== undefined && { total }) })
    goOn()
  })
  if (leavesNoHole) await job.savePosition(writePosition({ ...position, finishedAt: clock.now() }))
  return report
}

function rests(last: Position | undefined, { clock }: LedgerWork, { restMs = 0 }: ReconcileOptions): boolean {
  return last !== undefined && last.finishedAt > clock.now() - restMs
}

/** It was told to stop; what it has done stays done. */
export class ReconcileStoppedError extends Error {
  override readonly name = 'ReconcileStoppedError'
}

const NOTHING_APPLIED = { applied: 0, ignored: 0, failed: 0, dead: 0 }

/** Where nothing happened for long, a day is left for what Stripe may list late. */
function nextPosition(
  last: Position | undefined,
  { newest, beganAt }: { newest: number | undefined; beganAt: number },
): number {
  return Math.max(last?.eventsUntil ?? 0, newest ?? 0, beganAt - DAY_MS)
}

/** Applies what waits until the events that were missed are settled; those that fail by their own fault are left to their next try. */
async function applyMissed(
  work: LedgerWork,
  missed: string[],
  { goOn, stopped }: { goOn(): void; stopped(): boolean },
): Promise<typeof NOTHING_APPLIED> {
  const total = { ...NOTHING_APPLIED }
  const end = work.clock.now() + SETTLE_MS
  for (let waits = 0; ; ) {
    const { away, ...report } = await drainStripeEvents(work, { stopped })
    for (const kind of ['applied', 'ignored', 'failed', 'dead'] as const) total[kind] += report[kind]
    goOn()
    // A server at work beside it may hold the same rows for a moment.
    if (away !== undefined && ++waits === MAX_WAITS) throw new StripeAwayError(`stripe: away: ${away}`)
    if (!(await isWaiting(work, missed)) || work.clock.now() >= end) return total
    await pause(away === undefined ? 200 : 1000)
  }
}

async function isWaiting({ db }: LedgerWork, ids: string[]): Promise<boolean> {
  for (let from = 0; from < ids.length; from += 500) {
    const waiting = await db
      .selectFrom('stripe_events')
      .select('id')
      .where('id', 'in', ids.slice(from, from + 500))
      .where('state', '=', 'pending')
      .where('attempts', '=', 0)
      .limit(1)
      .executeTakeFirst()
    if (waiting) return true
  }
  return false
}

async function compareAll(work: LedgerWork, report: ReconcileReport, goOn: () => void): Promise<void> {
  const customers = knownCustomers(work.db)
  const compareNext = async () => {
    for await (const customer of customers) {
      const { subscriptions, drift } = await compareCustomer(work, customer, report.dryRun)
      report.customers++
      report.subscriptions += subscriptions
      report.drift.push(...drift)
      goOn()
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, compareNext))
}
