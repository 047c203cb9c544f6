import { type Finding, judgeOf } from './finding.ts'
import { inWords } from './in-words.ts'

/** What waits, and what was given up. */
export interface QueueFacts {
  pending: number
  oldestPendingAgeMs: number
  dead: number
}

const MINUTE_MS = 60_000

const outbox = judgeOf('outbox')

/** Whether events that we promised to publish flow. @param refusedMails mails of Kratos that cannot be sent as they are */
export function judgeOutbox({
  pending,
  oldestPendingAgeMs,
  dead,
  refusedMails,
}: QueueFacts & { refusedMails: number }): Finding[] {
  const age = `${pending} events wait, the oldest for ${inWords(oldestPendingAgeMs)}`
  const evidence = { pending, oldestPendingAgeMs }
  const remedy = 'see that the service runs and that NATS takes its messages'
  return [
    oldestPendingAgeMs < MINUTE_MS
      ? outbox.ok('pending', pending === 0 ? 'no event waits to be published' : age, evidence)
      : oldestPendingAgeMs < 15 * MINUTE_MS
        ? outbox.warn('pending', age, remedy, evidence)
        : outbox.broken('pending', `${age}: none flows`, remedy, evidence),
    dead === 0
      ? outbox.ok('dead', 'no event is a dead letter')
      : outbox.warn(
          'dead',
          `${dead} events were given up`,
          'see `authlance events dead`; then `authlance events retry --all`',
          { dead },
        ),
    refusedMails === 0
      ? outbox.ok('mail-refused', 'no mail was refused')
      : outbox.warn(
          'mail-refused',
          `${refusedMails} mails of Kratos were refused and will never be sent`,
          "see `authlance mail list --dead` for the reasons, and Kratos' courier.http.request_config.body",
          { refusedMails },
        ),
  ]
}

/** Whether events of Stripe reach the ledger. */
export function judgeStripeEvents({ pending, oldestPendingAgeMs, dead }: QueueFacts): Finding[] {
  const age = `${pending} events of Stripe wait, the oldest for ${inWords(oldestPendingAgeMs)}`
  const evidence = { pending, oldestPendingAgeMs }
  const remedy = 'see that the service runs, and that stripe.secretKey works'
  return [
    oldestPendingAgeMs < 5 * MINUTE_MS
      ? outbox.ok('stripe-pending', pending === 0 ? 'no event of Stripe waits' : age, evidence)
      : oldestPendingAgeMs < 60 * MINUTE_MS
        ? outbox.warn('stripe-pending', age, remedy, evidence)
        : outbox.broken('stripe-pending', `${age}: what was paid is not granted`, remedy, evidence),
    dead === 0
      ? outbox.ok('stripe-dead', 'no event of Stripe is a dead letter')
      : outbox.warn(
          'stripe-dead',
          `${dead} events of Stripe were given up`,
          'see `authlance events dead --source stripe`; then retry them',
          { dead },
        ),
  ]
}
