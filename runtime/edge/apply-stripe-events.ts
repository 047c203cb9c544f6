import { drainStripeEvents } from '../../lib/billing/ledger/drain-stripe-events.ts'
import { tendLedger } from '../../lib/billing/ledger/tend-ledger.ts'
import type { Env } from '../../lib/env.ts'
import { newTrace } from '../../lib/http/trace.ts'

/** A worker may run this long at least, and make so many calls of the database and of Stripe. */
const MAX_MS = 10_000
const MAX_EVENTS = 200
/** How long events rest that something away kept waiting, so that the next invocation comes to those behind them. */
const RELEASE_MS = 20_000

/** Applies Stripe events within one invocation, bounded in time and number; the rest is left for the next. Never throws. */
export async function applyStripeEvents(env: Env): Promise<void> {
  const { clock, log } = env
  const end = clock.now() + MAX_MS
  try {
    const work = { ...env, owner: crypto.randomUUID(), random: Math.random }
    const report = await drainStripeEvents(work, {
      maxEvents: MAX_EVENTS,
      releaseMs: RELEASE_MS,
      stopped: () => clock.now() >= end,
    })
    if (report.away !== undefined) log.warn({ reason: report.away }, 'Stripe events wait')
  } catch (error) {
    log.warn({ err: error }, 'Stripe events wait: the ledger failed')
  }
}

/** Does what no event asks for: trials that end, late links, lapsed checkouts. Never throws. */
export async function tendStripeLedger(env: Env): Promise<void> {
  try {
    const end = env.clock.now() + MAX_MS
    let unclaimedAfter = 0
    do {
      const tended = await tendLedger(env, { unclaimedAfter, now: env.clock.now(), trace: newTrace() })
      unclaimedAfter = tended.unclaimedAfter
    } while (unclaimedAfter > 0 && env.clock.now() < end)
  } catch (error) {
    env.log.warn({ err: error }, 'the ledger could not be tended')
  }
}
