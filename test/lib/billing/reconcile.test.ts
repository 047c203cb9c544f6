import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { reconcile } from '../../../lib/billing/reconcile/reconcile.ts'
import type { ServedStripe } from '../../../runtime/dev/stripe/serve-stripe.ts'
import { isAvailable } from '../../parts/available.ts'
import { createDatabase } from '../../parts/mariadb.ts'
import { startStripe } from '../../parts/stripe.ts'
import { createTestEnv, type TestEnv } from '../../parts/test-env.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const TIERS = [
  { tierName: 'Small', lookupKey: 'small' },
  { tierName: 'Large', lookupKey: 'large' },
]
const databases = isAvailable('mariadb') ? (['sqlite', 'mariadb'] as const) : (['sqlite'] as const)

interface Ledger extends TestEnv {
  stripe: ServedStripe['stripe']
  prices: { small: string; large: string }
  work: Parameters<typeof reconcile>[0]
}

async function openLedger(database: 'sqlite' | 'mariadb' = 'sqlite'): Promise<Ledger> {
  const served = await startStripe()
  const env = await createTestEnv({
    config: {
      paymentTiers: TIERS,
      stripe: { secretKey: 'sk_test_ledger', apiBase: served.url, maxRetries: 0 },
      ...(database === 'mariadb' && { database: await createDatabase(inject('mariadb')!) }),
    },
  })
  onTestFinished(() => env.close())
  const { createPrice, createProduct } = served.stripe.actions
  const price = (name: string, unit_amount: number) =>
    createPrice({
      product: createProduct({ name }).id,
      currency: 'usd',
      unit_amount,
      lookup_key: name.toLowerCase(),
      recurring: { interval: 'month' },
    }).id
  const clock = { now: () => served.stripe.now() }
  const work = { ...env.env, clock, owner: crypto.randomUUID(), random: Math.random }
  return {
    ...env,
    stripe: served.stripe,
    prices: { small: price('Small', 1000), large: price('Large', 3000) },
    work,
  }
}

async function makeGroup({ env }: Ledger, name: string): Promise<number> {
  const row = { name, long_name: name, description: null, avatar: null, url: null }
  const times = { bootstrap_user_id: null, created_at: 1, updated_at: 1 }
  await env.db
    .insertInto('groups')
    .values({ ...row, ...times, subscription_uuid: crypto.randomUUID() })
    .execute()
  const { id } = await env.db
    .selectFrom('groups')
    .select('id')
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  return id
}

function subscribe({ stripe: { actions }, prices }: Ledger, group: string) {
  const customer = actions.createCustomer({ email: `${group}@example.com`, metadata: { group } })
  actions.setPaymentMethod(customer.id, 'ok')
  return actions.createSubscription({ customer: customer.id, price: prices.small })
}

function subscriptions({ env }: Ledger) {
  return env.db
    .selectFrom('subscriptions')
    .select(['provider_subscription_id as id', 'group_id', 'status', 'tier_name', 'period_end', 'ended_at'])
    .orderBy('provider_subscription_id')
    .execute()
}

function truth({ stripe }: Ledger) {
  return stripe.state
    .subscriptions()
    .map(({ id, status, items, ended_at }) => ({
      id,
      status,
      period_end: items.data[0]!.current_period_end * 1000,
      ended_at: ended_at === null ? null : ended_at * 1000,
    }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

describe.each(databases)('on %s', (database) => {
  test('24 hours of missed webhooks, and one run leaves no difference to Stripe', async () => {
    const ledger = await openLedger(database)
    const { stripe, work } = ledger
    for (const name of ['apple', 'berry', 'cherry', 'damson']) await makeGroup(ledger, name)
    const [apple, berry, cherry] = ['apple', 'berry', 'cherry'].map((name) => subscribe(ledger, name))
    await reconcile(work)

    stripe.actions.advance(12 * HOUR_MS)
    stripe.actions.changePlan(apple!.id, ledger.prices.large)
    stripe.actions.cancelNow(berry!.id)
    stripe.actions.cancelAtPeriodEnd(cherry!.id)
    subscribe(ledger, 'damson')
    stripe.actions.advance(12 * HOUR_MS)
    const report = await reconcile(work)

    expect(report).toMatchObject({ dryRun: false, customers: 4, subscriptions: 4, drift: [] })
    expect(report!.events.missed).toBeGreaterThan(0)
    const rows = await subscriptions(ledger)
    expect(rows.map(({ group_id, tier_name, ...row }) => row)).toEqual(truth(ledger))
    expect(rows.find(({ id }) => id === apple!.id)?.tier_name).toBe('Large')
    expect(rows.every(({ group_id }) => group_id !== null)).toBe(true)

    const events = ledger.env.db.selectFrom('stripe_events').select(({ fn }) => fn.countAll<number>().as('n'))
    const before = await events.executeTakeFirstOrThrow()
    expect(await reconcile(work)).toMatchObject({ events: { missed: 0 }, drift: [] })
    expect(await events.executeTakeFirstOrThrow()).toEqual(before)
  })

  test('of several at once, one does it', async () => {
    const { work, stripe } = await openLedger(database)
    stripe.faults.delay(1000)
    const runs = await Promise.all([1, 2, 3].map(() => reconcile(work)))
    expect(runs.filter((run) => run !== undefined)).toHaveLength(1)
    stripe.faults.delay(0)
    expect(await reconcile(work)).toBeDefined()
  })

  test('what drifted is mended from Stripe, a dry run only tells of it', async () => {
    const ledger = await openLedger(database)
    await makeGroup(ledger, 'apple')
    const { id } = subscribe(ledger, 'apple')
    const { work, env } = ledger
    await reconcile(work)
    const broken = { tier_name: 'Large', quantity: 7 }
    await env.db.updateTable('subscriptions').set(broken).where('provider_subscription_id', '=', id).execute()
    ledger.stripe.actions.advance(1000)

    const told = {
      subscription: id,
      kind: 'changed',
      changes: [
        { field: 'tier_name', ours: 'Large', stripes: 'Small' },
        { field: 'quantity', ours: 7, stripes: 1 },
      ],
    }
    const dry = await reconcile(work, { dryRun: true })
    expect(dry!.drift).toMatchObject([{ ...told, mended: false }])
    expect(await subscriptions(ledger)).toMatchObject([{ id, tier_name: 'Large' }])
    expect((await reconcile(work))!.drift).toMatchObject([{ ...told, mended: true }])
    expect(await subscriptions(ledger)).toMatchObject([{ id, tier_name: 'Small' }])
    expect((await reconcile(work))!.drift).toEqual([])
  })
})

test('a dry run writes nothing', async () => {
  const ledger = await openLedger()
  await makeGroup(ledger, 'apple')
  subscribe(ledger, 'apple')
  const report = await reconcile(ledger.work, { dryRun: true })
  expect(report!.events.missed).toBeGreaterThan(0)
  for (const table of [
    'stripe_events',
    'subscriptions',
    'jobs',
    'event_outbox',
    'billing_customers',
  ] as const) {
    expect(await ledger.env.db.selectFrom(table).selectAll().execute()).toEqual([])
  }
})

test('a run that ends between pages leaves no gap', async () => {
  const ledger = await openLedger()
  const { work, stripe, env } = ledger
  for (let n = 0; n < 250; n++) stripe.actions.createCustomer({ email: `c${n}@example.com` })
  let pages = 0
  const stopped = () => ++pages === 2
  await expect(reconcile(work, { stopped })).rejects.toThrow()
  const count = async () => (await env.db.selectFrom('stripe_events').select('id').execute()).length
  expect(await count()).toBe(200)

  stripe.actions.advance(DAY_MS)
  await reconcile(work)
  const handled = stripe.state
    .events()
    .filter(({ type }) => type === 'customer.created' || type === 'price.created')
  expect(await count()).toBe(handled.length)
})

test('a shorter walk than is due does not move the position', async () => {
  const ledger = await openLedger()
  const { work, stripe } = ledger
  await reconcile(work)
  stripe.actions.createCustomer({ email: 'a@example.com' })
  stripe.actions.advance(2 * DAY_MS)
  const short = await reconcile(work, { since: stripe.now() - HOUR_MS })
  expect(short!.events.missed).toBe(0)
  expect((await reconcile(work))!.events.missed).toBe(1)
})

test('events that Stripe keeps no more are told as a gap', async () => {
  const { work, stripe } = await openLedger()
  stripe.actions.createCustomer({ email: 'a@example.com' })
  expect((await reconcile(work))!.gap).toBeUndefined()
  stripe.actions.advance(40 * DAY_MS)
  const report = await reconcile(work)
  expect(report!.gap!.to - report!.gap!.from).toBeGreaterThan(9 * DAY_MS)
  expect((await reconcile(work))!.gap).toBeUndefined()
})

test('a missed event is kept as Stripe lists it, and told as the webhook would', async () => {
  const { work, stripe, env } = await openLedger()
  stripe.actions.createCustomer({ email: 'a@example.com' })
  await reconcile(work)
  const row = await env.db
    .selectFrom('stripe_events')
    .selectAll()
    .where('type', '=', 'price.created')
    .executeTakeFirstOrThrow()
  const listed = new Request(`http://stripe.test/v1/events/${row.id}`, {
    headers: { authorization: 'Bearer sk_test_other' },
  })
  expect(JSON.parse(row.payload!)).toEqual(await (await stripe.fetch(listed)).json())
  const told = await env.db
    .selectFrom('event_outbox')
    .select('payload')
    .where('subject', '=', 'stripe.webhook.event')
    .execute()
  expect(told.map(({ payload }) => JSON.parse(payload).eventId)).toContain(row.id)
})

test('Stripe that is away ends it with a sentence, and the next run begins anew', async () => {
  const { work, stripe } = await openLedger()
  stripe.actions.createCustomer({ email: 'a@example.com' })
  stripe.faults.down(true)
  await expect(reconcile(work)).rejects.toThrow(/^stripe: away/)
  stripe.faults.down(false)
  expect((await reconcile(work))!.events.missed).toBeGreaterThan(0)
})

test('a run of another replica a short time ago is enough', async () => {
  const { work, stripe } = await openLedger()
  expect(await reconcile(work, { restMs: HOUR_MS })).toBeDefined()
  expect(await reconcile(work, { restMs: HOUR_MS })).toBeUndefined()
  stripe.actions.advance(HOUR_MS)
  expect(await reconcile(work, { restMs: HOUR_MS })).toBeDefined()
})
