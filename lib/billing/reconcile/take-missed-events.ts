import type Stripe from 'stripe'
import { newTrace } from '../../http/trace.ts'
import { createGroupIntake } from '../group-intake.ts'
import { HANDLED_EVENTS } from '../ledger/handled-events.ts'
import type { LedgerServices } from '../ledger/ledger-services.ts'
import { answerOrThrow } from '../stripe-away.ts'
import { askStripe } from '../stripe-client.ts'
import { readStripeEvent, type StripeEvent } from '../stripe-event.ts'
import { stripeMode } from '../stripe-mode.ts'

const PAGE = 100
/** Of the types that one list may be asked for. */
const MAX_TYPES = 20

export interface EventWalk {
  /** Milliseconds since the epoch: events from then on are looked for. */
  since: number
  /** Stores nothing. */
  dryRun: boolean
  /** Called after each page, and before the next. */
  onPage(seen: number): void
}

export interface WalkedEvents {
  seen: number
  /** Ids of the events that were missing. */
  missed: string[]
  /** When the newest event was made that Stripe listed; undefined without any. Later ones may have been made during the walk. */
  newest: number | undefined
  /** When the walk began, by Stripe's clock. */
  beganAt: number
}

/**
 * Keeps the events of handled types that Stripe has and the ledger never got, as the webhook would have kept them. Whatever ends it
 * in between, the next walk over the same time finds the rest.
 * @throws {StripeAwayError}
 */
export async function takeMissedEvents(services: LedgerServices, walk: EventWalk): Promise<WalkedEvents> {
  const walked: WalkedEvents = { seen: 0, missed: [], newest: undefined, beganAt: Number.POSITIVE_INFINITY }
  for (let from = 0; from < HANDLED_EVENTS.length; from += MAX_TYPES) {
    await walkTypes(services, HANDLED_EVENTS.slice(from, from + MAX_TYPES), walk, walked)
  }
  // What was made since the first list was asked for may be missing from it.
  if (walked.newest !== undefined) walked.newest = Math.min(walked.newest, walked.beganAt)
  return walked
}

async function walkTypes(
  services: LedgerServices,
  types: string[],
  { since, dryRun, onPage }: EventWalk,
  walked: WalkedEvents,
): Promise<void> {
  const gte = Math.floor(since / 1000)
  let after: string | undefined
  for (;;) {
    const answer = answerOrThrow(
      await askStripe(services, 'events.list', (stripe) =>
        stripe.events.list({
          types,
          created: { gte },
          limit: PAGE,
          ...(after !== undefined && { starting_after: after }),
        }),
      ),
    )
    const page = answer?.value.data ?? []
    walked.beganAt = Math.min(walked.beganAt, answer?.asOf ?? walked.beganAt)
    if (page[0]) walked.newest = Math.max(walked.newest ?? 0, page[0].created * 1000)
    const missed = await missingOf(services, page)
    if (!dryRun) await keep(services, missed)
    walked.seen += page.length
    walked.missed.push(...missed.map(({ event }) => event.id))
    onPage(walked.seen)
    after = page.at(-1)?.id
    if (!answer?.value.has_more || after === undefined) return
  }
}

interface Missed {
  event: StripeEvent
  raw: string
}

/** Those that are not kept yet, the oldest first. */
async function missingOf({ db, config, log }: LedgerServices, page: Stripe.Event[]): Promise<Missed[]> {
  if (page.length === 0) return []
  const ids = page.map(({ id }) => id)
  const known = await db.selectFrom('stripe_events').select('id').where('id', 'in', ids).execute()
  const knownIds = new Set(known.map(({ id }) => id))
  const mode = stripeMode(config)
  return page
    .filter(({ id }) => !knownIds.has(id))
    .toReversed()
    .flatMap((listed) => {
      const raw = JSON.stringify(listed)
      const event = readStripeEvent(JSON.parse(raw))
      if (event && (mode === undefined || (mode === 'live') === event.livemode)) return [{ event, raw }]
      log.warn({ event: listed.id }, 'an event that Stripe lists cannot be taken in')
      return []
    })
}

/** All of a page in few transactions; what another brought meanwhile is kept once. */
async function keep({ db, clock }: LedgerServices, missed: Missed[]): Promise<void> {
  const store = createGroupIntake(db)
  const now = clock.now()
  await Promise.all(missed.map(({ event, raw }) => store({ event, raw, now, trace: newTrace() })))
}
