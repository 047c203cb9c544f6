import { drainStripeEvents } from '../../lib/billing/ledger/drain-stripe-events.ts'
import { tendLedger } from '../../lib/billing/ledger/tend-ledger.ts'
import type { Env } from '../../lib/env.ts'
import { newTrace } from '../../lib/http/trace.ts'

/** A worker may run this long at least, and make so many calls of the database and of Stripe. */
const MAX_MS = 10_000
const MAX_EVENTS = 200

/** Applies Stripe events within one invocation, bounded in time and number; the rest is left for the next. Never throws. */
export async function applyStripeEvents(env: Env): Promise<void> {
  const { clock, log } = env
  const end = clock.now() + MAX_MS
  try {
    const work = { ...env, owner: crypto.randomUUID(), random: Math.random }
    const report = await drainStripeEvents(work, { maxEvents: MAX_EVENTS, stopped: () => clock.now() >= end })
    if (report.away !== undefined) log.warn({ reason: report.away }, 'Stripe events wait')
  } catch (error) {
    log.warn({ err: error }, 'Stripe events wait: the ledger failed')
  }
}

/** Does what no event asks for: trials that end, late links, lapsed checkouts. Never throws. */
export async function tendStripeLedger(env: Env): Promise<void> {
  try {
    await tendLedger(env, { unclaimedAfter: 0, now: env.clock.now(), trace: newTrace() })
  } catch (error) {
    env.log.warn({ err: error }, 'the ledger could not be tended')
  }
}
