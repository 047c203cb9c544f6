import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { linkUnclaimed } from '../../lib/billing/ledger/link-unclaimed.ts'
import { parseConfig } from '../../lib/config.ts'
import { migrate } from '../../lib/db/migrate.ts'
import type { Database } from '../../lib/db/tables.ts'
import { newTrace } from '../../lib/http/trace.ts'
import { noMetrics } from '../../lib/metrics.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { requirePart } from '../parts/available.ts'
import { freePort } from '../parts/free-port.ts'
import { JWT_KEY, startGateway } from '../parts/gateway.ts'
import { insertGroups } from '../parts/insert-groups.ts'
import { type PublishedEvent, readEvents } from '../parts/jetstream-events.ts'
import { createDatabase } from '../parts/mariadb.ts'
import { type Nats, startNats } from '../parts/nats.ts'
import { recordLog } from '../parts/record-log.ts'
import type { Restartable } from '../parts/restartable.ts'
import { type SeededRandom, seededRandom } from '../parts/seeded-random.ts'
import { type CheckedStripe, startStripe } from '../parts/stripe.ts'
import { createMailbox, deliverLetters, type Letter, subscribeMailbox } from '../parts/stripe-courier.ts'
import { createHistory, HISTORY_START } from '../parts/stripe-history.ts'
import { differences, type Ledger, trueLedger, writtenLedger } from '../parts/stripe-ledger.ts'
import { tiersOf } from '../parts/told-ledger.ts'

const SKIPPED = requirePart('mariadb') || requirePart('nats')
const SOAK = process.env.SOAK === '1'
const EVENTS = SOAK ? 20_000 : 2000
/** Before everything that is under way comes to its end, which takes the rest. */
const FIRST_EVENTS = SOAK ? 18_000 : 1500
const KILLS_OF_EACH = SOAK ? 15 : 2
const CHAPTERS = SOAK ? 10 : 4
const LIMIT_MS = SOAK ? 900_000 : 120_000
const SECRET = 'whsec_of_the_oracle'
const GROUPS = Array.from({ length: 60 }, (_, index) => `group-${'abcdefghij'[index % 10]}${index}x`)

describe.skipIf(SKIPPED)('the ledger equals the oracle', () => {
  it(
    `after ${EVENTS} events, shuffled, each one to three times, with three servers and NATS killed at random`,
    async () => {
      const startedAt = performance.now()
      const random = seededRandom()
      console.log(`RANDOM_SEED=${random.seed}`)
      const nats = await startNats()
      onTestFinished(async () => void (await nats.stop()))
      const mailbox = createMailbox(random)
      const stripe = await startStripe({
        now: () => HISTORY_START,
        // Of its own, since requests draw from it at times that no seed repeats.
        random: seededRandom(random.whole(0, 2 ** 32)).next,
        webhookFetch: mailbox.fetch,
      })
      subscribeMailbox(stripe.stripe)
      const history = createHistory(stripe.stripe, seededRandom(random.whole(0, 2 ** 32)), GROUPS)
      const { config, db, servers } = await startServers(stripe, nats)

      const victims = [nats, ...servers]
      let killing = true
      const chaos = Promise.all([
        ...victims.map((victim) => killAgainAndAgain(victim, seededRandom(random.whole(0, 2 ** 32)))),
        troubleStripe(stripe, seededRandom(random.whole(0, 2 ** 32))),
      ]).finally(() => {
        killing = false
      })
      // Awaited at the end; until then a failure must not end the process.
      chaos.catch(() => {})
      const told = new Set<string>()
      let waiting: Letter[] = []
      let notTaken = 0
      for (let chapter = 1; chapter <= CHAPTERS; chapter++) {
        await history.live((FIRST_EVENTS * chapter) / CHAPTERS)
        const isLast = chapter === CHAPTERS
        if (isLast) history.settle()
        await stripe.stripe.delivery.deliverAll()
        const letters = mailbox.take()
        for (const { id } of letters) told.add(id)
        waiting = random.shuffle([
          ...waiting,
          ...letters.flatMap((letter) => Array<Letter>(random.whole(1, 3)).fill(letter)),
        ])
        // Some of a chapter is told only after later ones.
        const now = isLast ? waiting.length : Math.floor(waiting.length * 0.7)
        const sent = waiting.splice(0, now)
        notTaken += await deliverLetters(sent, {
          urls: () => servers.map(({ url }) => url),
          secret: SECRET,
          random,
          restMs: () => (killing ? random.whole(0, SOAK ? 12 : 40) : 0),
        })
      }
      await chaos
      const drainedAt = performance.now()
      await quiet(db)
      await linkAll(config, db)

      const stored = await db.selectFrom('stripe_events').select(['id', 'state', 'last_error']).execute()
      expect(told.size).toBeGreaterThanOrEqual(EVENTS)
      expect(new Set(stored.map(({ id }) => id))).toEqual(told)
      expect(stored.filter(({ state }) => state === 'dead')).toEqual([])
      const truth = trueLedger(stripe.stripe, history)
      expect(differences(truth, await writtenLedger(db))).toEqual([])
      await quiet(db)
      const published = await readEvents(nats.url)
      expectOnePerFact(published, truth)
      const passedOn = published.filter(({ subject }) => subject === 'stripe.webhook.event')
      expect(new Map(passedOn.map(({ messageId, data }) => [messageId, data.eventId])).size).toBe(told.size)
      expect(new Set(passedOn.map(({ data }) => data.eventId))).toEqual(told)

      const count = (of: object) => Object.keys(of).length
      console.log(
        [
          `${told.size} events about ${count(truth.subscriptions)} subscriptions and ${count(truth.invoices)} invoices`,
          `${count(truth.succeeded)} payments, ${truth.declined.length} declines, ${count(truth.refunded)} refunds`,
          `${KILLS_OF_EACH * victims.length} kills, ${notTaken} deliveries tried again`,
          `${Math.round((drainedAt - startedAt) / 1000)} s, quiet after ${Math.round(performance.now() - drainedAt)} ms`,
        ].join('; '),
      )
      await Promise.all(servers.map((server) => server.stop()))
    },
    LIMIT_MS,
  )
})

async function startServers(stripe: CheckedStripe, nats: Nats) {
  const nowhere = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
  const file = {
    database: await createDatabase(inject('mariadb')!),
    kratos: nowhere,
    nats: { url: nats.url, timeoutMs: 1000 },
    paymentTiers: tiersOf(stripe.stripe),
    events: { leaseMs: 2000, relayIntervalMs: 200 },
    stripe: {
      secretKey: 'sk_test_oracle',
      apiBase: stripe.url,
      webhookSecret: SECRET,
      leaseMs: 2000,
      workerIntervalMs: 200,
      reconcileIntervalMs: 0,
    },
    log: { level: 'error' },
  }
  const { config } = parseConfig({ ...file, jwtKey: JWT_KEY }, { env: {} })
  const { db, close } = openDatabase(config)
  onTestFinished(close)
  await migrate(db, config)
  await insertGroups(db, GROUPS)
  const servers = []
  for (let index = 0; index < 3; index++) {
    servers.push(await startGateway({ ...file, port: await freePort() }))
  }
  return { config, db, servers }
}

/** Kills a server by SIGKILL at random moments and brings it back each time. */
async function killAgainAndAgain(victim: Restartable, random: SeededRandom): Promise<void> {
  for (let kill = 0; kill < KILLS_OF_EACH; kill++) {
    await sleep(random.whole(500, 4000))
    await victim.kill()
    await sleep(random.whole(0, 500))
    await victim.restart()
  }
}

/** Stripe is down, too busy or slow now and then. */
async function troubleStripe({ stripe }: CheckedStripe, random: SeededRandom): Promise<void> {
  for (let trouble = 0; trouble < KILLS_OF_EACH * 2; trouble++) {
    await sleep(random.whole(200, 2000))
    stripe.faults.rateLimit(random.whole(1, 8))
    stripe.faults.delay(random.whole(0, 50))
    stripe.faults.down(random.next() < 0.5)
    await sleep(random.whole(50, 500))
    stripe.faults.down(false)
    stripe.faults.delay(0)
  }
}

/** Waits until every event was applied and every message is on the bus. */
async function quiet(db: Kysely<Database>): Promise<void> {
  const pending = async () => {
    const rows = await Promise.all(
      (['stripe_events', 'event_outbox'] as const).map((table) =>
        db
          .selectFrom(table)
          .select((eb) => eb.fn.countAll().as('count'))
          .where('state', '=', 'pending')
          .executeTakeFirstOrThrow(),
      ),
    )
    return rows.map(({ count }) => Number(count))
  }
  await expect.poll(pending, { timeout: LIMIT_MS / 2, interval: 300 }).toEqual([0, 0])
}

/** What every server does each minute for subscriptions whose customer was linked while they were written. */
async function linkAll(config: ReturnType<typeof parseConfig>['config'], db: Kysely<Database>) {
  const services = { config, db, log: recordLog(), metrics: noMetrics, clock: { now: Date.now } }
  for (let after = 0, first = true; first || after > 0; first = false) {
    ;({ after } = await linkUnclaimed(services, { after, now: Date.now(), trace: newTrace() }))
  }
}

/** Each payment and each failed attempt has one message, once messages that came twice are counted once. */
function expectOnePerFact(events: PublishedEvent[], truth: Ledger): void {
  const distinct = [...new Map(events.map((event) => [event.messageId, event])).values()]
  const of = (subject: string) =>
    distinct.filter((event) => event.subject === subject).map(({ data }) => data)
  const paid = of('payment.success').map((data) => [
    data.stripeInvoiceId ?? data.stripePaymentIntentId,
    data.amountMinor,
  ])
  expect(paid.sort()).toEqual(Object.entries(truth.succeeded).sort())
  const declined = of('payment.declined').map((data) =>
    data.stripeInvoiceId ? `${data.stripeInvoiceId}:${data.attempt}` : data.stripePaymentIntentId,
  )
  // Of a payment without an invoice each charge is an attempt, which the message does not name.
  const attempts = truth.declined.map((reference) => reference.replace(/^(pi_.*):.*$/, '$1'))
  expect(declined.sort()).toEqual(attempts.sort())

  const owned = Object.values(truth.subscriptions).filter(({ group }) => group !== null)
  const ended = owned.filter(({ endedAt }) => endedAt !== null)
  const subjects = { 'subscription.created': owned, 'subscription.canceled': ended }
  for (const [subject, subscriptions] of Object.entries(subjects)) {
    const ids = of(subject).map((data) => data.subscriptionId)
    expect(new Set(ids).size, subject).toBe(ids.length)
    expect(ids, subject).toHaveLength(subscriptions.length)
  }
}
