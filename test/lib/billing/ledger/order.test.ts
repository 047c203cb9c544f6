import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { drainStripeEvents, type LedgerWork } from '../../../../lib/billing/ledger/drain-stripe-events.ts'
import { storeStripeEvent } from '../../../../lib/billing/store-stripe-event.ts'
import { readStripeEvent } from '../../../../lib/billing/stripe-event.ts'
import { newTrace } from '../../../../lib/http/trace.ts'
import { noMetrics } from '../../../../lib/metrics.ts'
import { insertGroups } from '../../../parts/insert-groups.ts'
import { recordLog } from '../../../parts/record-log.ts'
import { seededRandom } from '../../../parts/seeded-random.ts'
import { databaseKinds, openTestDatabase, type TestDatabase } from '../../events/outbox-fixture.ts'

const START = 1_800_000_000
const TIERS = [
  { tierName: 'Standard', lookupKey: 'standard' },
  { tierName: 'Large', lookupKey: 'large' },
]

function subscription(status: string, lookupKey = 'standard', over: object = {}) {
  return {
    id: 'sub_1',
    object: 'subscription',
    customer: 'cus_1',
    status,
    start_date: START,
    created: START,
    livemode: false,
    metadata: { group: 'acme' },
    items: { data: [{ quantity: 1, price: { id: `price_${lookupKey}`, lookup_key: lookupKey } }] },
    ...over,
  }
}

function invoice(status: string, attempts: number) {
  const paid = status === 'paid'
  return {
    id: 'in_1',
    object: 'invoice',
    customer: 'cus_1',
    customer_email: 'ada@example.com',
    parent: { subscription_details: { subscription: 'sub_1' } },
    status,
    currency: 'eur',
    amount_due: 2900,
    amount_paid: paid ? 2900 : 0,
    amount_remaining: paid ? 0 : 2900,
    total: 2900,
    attempt_count: attempts,
    created: START,
    livemode: false,
  }
}

/** Each event a second after the one before. */
const HISTORY: [type: string, object: object][] = [
  ['customer.subscription.created', subscription('active')],
  ['invoice.finalized', invoice('open', 0)],
  ['invoice.payment_failed', invoice('open', 1)],
  ['customer.subscription.updated', subscription('past_due')],
  ['invoice.payment_failed', invoice('open', 2)],
  ['invoice.paid', invoice('paid', 3)],
  ['invoice.payment_succeeded', invoice('paid', 3)],
  ['customer.subscription.updated', subscription('active', 'large')],
  ['customer.subscription.deleted', subscription('canceled', 'large', { ended_at: START + 9 })],
]

describe.each(databaseKinds)('ledger on %s', (kind) => {
  let database: TestDatabase
  let work: LedgerWork
  let now = (START + 100) * 1000

  beforeEach(async () => {
    database = await openTestDatabase(kind, { paymentTiers: TIERS, stripe: { maxAttempts: 2 } })
    await insertGroups(database.db, ['acme'])
    const { db, config } = database
    work = {
      db,
      config,
      clock: { now: () => now },
      log: recordLog(),
      metrics: noMetrics,
      owner: 'a',
      random: () => 0,
    }
  })
  afterEach(() => database?.close())

  async function take(id: string, type: string, created: number, object: object): Promise<void> {
    const json = { id, object: 'event', type, created, livemode: false, data: { object } }
    const event = readStripeEvent(json)!
    await storeStripeEvent(database.db, { event, raw: JSON.stringify(json), now, trace: newTrace() })
  }

  async function told(): Promise<string[]> {
    const rows = await database.db.selectFrom('event_outbox').select('subject').orderBy('seq').execute()
    return rows.map(({ subject }) => subject).filter((subject) => subject !== 'stripe.webhook.event')
  }

  async function image() {
    const { db } = database
    const subscriptions = await db
      .selectFrom('subscriptions')
      .select(['status', 'tier_name', 'ended_at', 'as_of', 'group_id'])
      .execute()
    const invoices = await db
      .selectFrom('invoices')
      .select(['status', 'amount_paid', 'attempt_count', 'as_of'])
      .execute()
    const payments = await db.selectFrom('payments').select(['kind', 'reference', 'amount']).execute()
    return { subscriptions, invoices, payments: payments.map((row) => JSON.stringify(row)).sort() }
  }

  test('comes to the same state and the same payments in any order, each event up to three times', async () => {
    const random = seededRandom()
    const deliveries = HISTORY.flatMap((_, index) => Array(random.whole(1, 3)).fill(index) as number[])
    for (const index of random.shuffle(deliveries)) {
      const [type, object] = HISTORY[index]!
      await take(`evt_${index}`, type, START + index, object)
      await drainStripeEvents(work)
    }

    const seed = `seed ${random.seed}`
    expect(await image(), seed).toEqual({
      subscriptions: [
        {
          status: 'canceled',
          tier_name: 'Large',
          ended_at: (START + 9) * 1000,
          as_of: (START + 8) * 1000,
          group_id: 1,
        },
      ],
      invoices: [{ status: 'paid', amount_paid: 2900, attempt_count: 3, as_of: (START + 6) * 1000 }],
      payments: [
        '{"kind":"declined","reference":"in_1:1","amount":2900}',
        '{"kind":"declined","reference":"in_1:2","amount":2900}',
        '{"kind":"succeeded","reference":"in_1","amount":2900}',
      ],
    })
    const subjects = await told()
    const count = (subject: string) => subjects.filter((each) => each === subject).length
    expect(count('payment.success'), seed).toBe(1)
    expect(count('payment.declined'), seed).toBe(2)
    expect(count('subscription.created'), seed).toBe(1)
    expect(count('subscription.canceled'), seed).toBeLessThanOrEqual(1)
  })

  test('leaves an ended subscription ended, whatever a newer event says', async () => {
    await take(
      'evt_1',
      'customer.subscription.deleted',
      START,
      subscription('canceled', 'standard', { ended_at: START }),
    )
    await take('evt_2', 'customer.subscription.updated', START + 1, subscription('active'))
    await drainStripeEvents(work)

    expect((await image()).subscriptions).toMatchObject([{ status: 'canceled', ended_at: START * 1000 }])
  })

  test('keeps a subscription with an unknown price, and warns', async () => {
    await take('evt_1', 'customer.subscription.created', START, subscription('active', 'gone'))
    await drainStripeEvents(work)

    expect((await image()).subscriptions).toMatchObject([{ status: 'active', tier_name: 'gone' }])
    const { lines } = work.log as ReturnType<typeof recordLog>
    expect(lines.map(({ message }) => message)).toContain('no tier has this price')
  })

  test('makes an event that fails again and again a dead letter, and applies the others', async () => {
    await take('evt_bad', 'invoice.paid', START, { ...invoice('paid', 1), amount_due: 'much' })
    await take('evt_good', 'customer.subscription.created', START + 1, subscription('active'))
    await take('evt_other', 'account.updated', START + 2, { id: 'acct_1', object: 'account' })

    expect(await drainStripeEvents(work)).toMatchObject({ applied: 1, ignored: 1, failed: 1, dead: 0 })
    now += 600_000
    expect(await drainStripeEvents(work)).toMatchObject({ dead: 1 })

    const rows = await database.db
      .selectFrom('stripe_events')
      .select(['id', 'state', 'attempts', 'last_error'])
      .orderBy('id')
      .execute()
    expect(rows).toMatchObject([
      { id: 'evt_bad', state: 'dead', attempts: 2, last_error: expect.stringContaining('amount_due') },
      { id: 'evt_good', state: 'applied', attempts: 0 },
      { id: 'evt_other', state: 'ignored', attempts: 0 },
    ])
    expect(rows[0]!.last_error).not.toContain('much')
  })

  test('counts no try while Stripe is away', async () => {
    const away = {
      ...work.config.stripe,
      secretKey: 'sk_test_1',
      apiBase: 'http://127.0.0.1:9',
      maxRetries: 0,
    }
    work = { ...work, config: { ...work.config, stripe: away } }
    await take('evt_1', 'invoice.paid', START, invoice('paid', 1))

    const report = await drainStripeEvents(work)

    expect(report.away).toBeDefined()
    expect(report).toMatchObject({ applied: 0, failed: 0 })
    const row = await database.db.selectFrom('stripe_events').selectAll().executeTakeFirstOrThrow()
    expect(row).toMatchObject({ state: 'pending', attempts: 0, last_error: null })
    expect(row.lease_until).toBeGreaterThan(now)
  })
})
