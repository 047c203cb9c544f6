import { describe, expect, test } from 'vitest'
import { reconcile } from '../../../lib/billing/reconcile/reconcile.ts'
import { isAvailable } from '../../parts/available.ts'
import { insertGroups } from '../../parts/insert-groups.ts'
import { openReconciledShop, type ReconciledShop } from '../../parts/reconciled-shop.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const databases = isAvailable('mariadb') ? (['sqlite', 'mariadb'] as const) : (['sqlite'] as const)

function subscriptions({ env }: ReconciledShop) {
  return env.db
    .selectFrom('subscriptions')
    .select(['provider_subscription_id as id', 'group_id', 'status', 'tier_name', 'period_end', 'ended_at'])
    .orderBy('provider_subscription_id')
    .execute()
}

function truth({ stripe }: ReconciledShop) {
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
    const ledger = await openReconciledShop({}, database)
    const { stripe, work } = ledger
    await insertGroups(ledger.env.db, ['apple', 'berry', 'cherry', 'damson'])
    const [apple, berry, cherry] = ['apple', 'berry', 'cherry'].map(
      (group) => ledger.sell({ group }).subscription,
    )
    await reconcile(work)

    stripe.actions.advance(12 * HOUR_MS)
    stripe.actions.changePlan(apple!, ledger.price('large'))
    stripe.actions.cancelNow(berry!)
    stripe.actions.cancelAtPeriodEnd(cherry!)
    ledger.sell({ group: 'damson' })
    stripe.actions.advance(12 * HOUR_MS)
    const report = await reconcile(work)

    expect(report).toMatchObject({ dryRun: false, customers: 4, subscriptions: 4, drift: [] })
    expect(report!.events.missed).toBeGreaterThan(0)
    const rows = await subscriptions(ledger)
    expect(rows.map(({ group_id, tier_name, ...row }) => row)).toEqual(truth(ledger))
    expect(rows.find(({ id }) => id === apple)?.tier_name).toBe('Large')
    expect(rows.every(({ group_id }) => group_id !== null)).toBe(true)

    const events = ledger.env.db.selectFrom('stripe_events').select(({ fn }) => fn.countAll<number>().as('n'))
    const before = await events.executeTakeFirstOrThrow()
    expect(await reconcile(work)).toMatchObject({ events: { missed: 0 }, drift: [] })
    expect(await events.executeTakeFirstOrThrow()).toEqual(before)
  })

  test('of several at once, one does it', async () => {
    const { work, stripe } = await openReconciledShop({}, database)
    stripe.faults.delay(1000)
    const runs = await Promise.all([1, 2, 3].map(() => reconcile(work)))
    expect(runs.filter((run) => run !== undefined)).toHaveLength(1)
    stripe.faults.delay(0)
    expect(await reconcile(work)).toBeDefined()
  })

  test('what drifted is mended from Stripe, a dry run only tells of it', async () => {
    const ledger = await openReconciledShop({}, database)
    await insertGroups(ledger.env.db, ['apple'])
    const { subscription: id } = ledger.sell({ group: 'apple' })
    const { work, env } = ledger
    await reconcile(work)
    const broken = { tier_name: 'Large', quantity: 7 }
    await env.db.updateTable('subscriptions').set(broken).where('provider_subscription_id', '=', id).execute()
    ledger.stripe.actions.advance(1000)

    const told = {
      subscription: id,
      kind: 'changed',
      changes: [
        { field: 'tier_name', ours: 'Large', stripes: 'Standard' },
        { field: 'quantity', ours: 7, stripes: 1 },
      ],
    }
    const dry = await reconcile(work, { dryRun: true })
    expect(dry!.drift).toMatchObject([{ ...told, mended: false }])
    expect(await subscriptions(ledger)).toMatchObject([{ id, tier_name: 'Large' }])
    expect((await reconcile(work))!.drift).toMatchObject([{ ...told, mended: true }])
    expect(await subscriptions(ledger)).toMatchObject([{ id, tier_name: 'Standard' }])
    expect((await reconcile(work))!.drift).toEqual([])
  })
})

test('a dry run writes nothing', async () => {
  const ledger = await openReconciledShop()
  await insertGroups(ledger.env.db, ['apple'])
  ledger.sell({ group: 'apple' })
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
  const ledger = await openReconciledShop()
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
  const ledger = await openReconciledShop()
  const { work, stripe } = ledger
  await reconcile(work)
  stripe.actions.createCustomer({ email: 'a@example.com' })
  stripe.actions.advance(2 * DAY_MS)
  const short = await reconcile(work, { since: stripe.now() - HOUR_MS })
  expect(short!.events.missed).toBe(0)
  expect((await reconcile(work))!.events.missed).toBe(1)
})

test('events that Stripe keeps no more are told as a gap', async () => {
  const { work, stripe } = await openReconciledShop()
  stripe.actions.createCustomer({ email: 'a@example.com' })
  expect((await reconcile(work))!.gap).toBeUndefined()
  stripe.actions.advance(40 * DAY_MS)
  const report = await reconcile(work)
  expect(report!.gap!.to - report!.gap!.from).toBeGreaterThan(9 * DAY_MS)
  expect((await reconcile(work))!.gap).toBeUndefined()
})

test('a missed event is kept as Stripe lists it, and told as the webhook would', async () => {
  const { work, stripe, env } = await openReconciledShop()
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
  const { work, stripe } = await openReconciledShop()
  stripe.actions.createCustomer({ email: 'a@example.com' })
  stripe.faults.down(true)
  await expect(reconcile(work)).rejects.toThrow(/^stripe: away/)
  stripe.faults.down(false)
  expect((await reconcile(work))!.events.missed).toBeGreaterThan(0)
})

test('a run of another replica a short time ago is enough', async () => {
  const { work, stripe } = await openReconciledShop()
  expect(await reconcile(work, { restMs: HOUR_MS })).toBeDefined()
  expect(await reconcile(work, { restMs: HOUR_MS })).toBeUndefined()
  stripe.actions.advance(HOUR_MS)
  expect(await reconcile(work, { restMs: HOUR_MS })).toBeDefined()
})
