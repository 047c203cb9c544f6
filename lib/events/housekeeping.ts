import type { Kysely } from 'kysely'
import { pruneReservations } from '../billing/checkout/prune-reservations.ts'
import { pruneStripeEvents, pruneStripePayloads } from '../billing/prune-stripe-events.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/tables.ts'
import { eraseMail, pruneRefusedMail } from '../mail/prune-mail.ts'
import { type PruneBatch, pruneDelivered, pruneSessions } from './prune.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const BATCH = 500
/** Whole events are 1 MiB at most, so fewer of them share a statement. */
const PAYLOAD_BATCH = 100
/** Stripe's own dashboard sends events again for 30 days: so long and longer, a row tells that its event is known. */
const STRIPE_EVENT_DAYS = 60
/** A session that ended unpaid is of no use to anybody by then, but to those who ask what a buyer did. */
const RESERVATION_DAYS = 60

export interface Pruned {
  events: number
  sessions: number
  stripePayloads: number
  stripeEvents: number
  reservations: number
  mailPayloads: number
  refusedMails: number
}

/**
 * Deletes what left its time of keeping, in small batches so that no lock is held for long.
 * @param options.now milliseconds since the epoch
 * @param options.maxBatches of each kind; the rest waits for the next call
 * @param options.stopped asked before each batch
 */
export async function prune(
  db: Kysely<Database>,
  config: Pick<Config, 'events' | 'sessions' | 'stripe'>,
  options: { now: number; maxBatches?: number; stopped?: () => boolean },
): Promise<Pruned> {
  const { now, maxBatches = 200, stopped = () => false } = options
  const batches = async (one: typeof pruneDelivered, keepMs: number, limit = BATCH) => {
    const batch: PruneBatch = { before: now - keepMs, limit }
    let pruned = 0
    for (let n = 0; n < maxBatches && !stopped(); n++) {
      const count = await one(db, batch)
      pruned += count
      if (count < limit) break
    }
    return pruned
  }

  const { payloadRetentionDays } = config.stripe
  const { retentionDays, mailPayloadRetentionHours } = config.events
  const events = await batches(pruneDelivered, retentionDays * DAY_MS)
  const sessions = await batches(pruneSessions, config.sessions.retentionDays * DAY_MS)
  const stripeEventDays = Math.max(payloadRetentionDays, STRIPE_EVENT_DAYS)
  const stripeEvents = await batches(pruneStripeEvents, stripeEventDays * DAY_MS)
  const stripePayloads = await batches(pruneStripePayloads, payloadRetentionDays * DAY_MS, PAYLOAD_BATCH)
  const reservations = await batches(pruneReservations, RESERVATION_DAYS * DAY_MS)
  const mailPayloads = await batches(eraseMail, mailPayloadRetentionHours * HOUR_MS, PAYLOAD_BATCH)
  const refusedMails = await batches(pruneRefusedMail, retentionDays * DAY_MS)
  return { events, sessions, stripePayloads, stripeEvents, reservations, mailPayloads, refusedMails }
}
