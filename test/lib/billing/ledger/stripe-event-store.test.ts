import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { stripeEventStats } from '../../../../lib/billing/ledger/stripe-event-stats.ts'
import {
  claimStripeEvents,
  failStripeEvent,
  ignoreStripeEvents,
  LeaseLostError,
  releaseStripeEvents,
  settleStripeEvents,
} from '../../../../lib/billing/ledger/stripe-event-store.ts'
import { databaseKinds, openTestDatabase, type TestDatabase } from '../../events/outbox-fixture.ts'

const NOW = 1_800_000_000_000
const LEASE_MS = 30_000

describe.each(databaseKinds)('waiting Stripe events on %s', (kind) => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await openTestDatabase(kind)
  })
  afterEach(() => database?.close())

  /** The later the name, the older it is. */
  async function add(count: number): Promise<void> {
    const rows = Array.from({ length: count }, (_, index) => ({
      id: `evt_${String(index).padStart(3, '0')}`,
      type: 'invoice.paid',
      created_at: NOW - index,
      livemode: 0,
      payload: '{}',
      received_at: NOW - 5000,
    }))
    await database.db.insertInto('stripe_events').values(rows).execute()
  }
  const claim = (owner: string, limit = 10, now = NOW) =>
    claimStripeEvents(database.db, { owner, now, leaseMs: LEASE_MS, limit })
  const row = (id: string) =>
    database.db.selectFrom('stripe_events').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id)

  test('are claimed the oldest first, and by one only until the lease ends', async () => {
    await add(5)
    expect(idsOf(await claim('a', 2))).toEqual(['evt_004', 'evt_003'])
    expect(idsOf(await claim('b'))).toEqual(['evt_002', 'evt_001', 'evt_000'])
    expect(await claim('c', 10, NOW + LEASE_MS - 1)).toEqual([])
    expect(await claim('c', 10, NOW + LEASE_MS)).toHaveLength(5)
  })

  test('are claimed by several at once in disjoint sets', async () => {
    await add(60)
    const claimed = (await Promise.all(['a', 'b', 'c', 'd'].map((owner) => claim(owner, 20)))).flat()
    expect(new Set(idsOf(claimed)).size).toBe(claimed.length)
    const rest = (await claim('e', 100)).length
    expect(claimed.length + rest).toBe(60)
  })

  test('whose lease went to another cannot be settled, and what was done for them is not kept', async () => {
    await add(2)
    const rows = await claim('a')
    await claim('b', 1, NOW + LEASE_MS)
    const work = database.db.transaction().execute(async (trx) => {
      await trx.updateTable('stripe_events').set({ last_error: 'done' }).execute()
      await settleStripeEvents(trx, 'a', rows, 'applied', NOW)
    })
    await expect(work).rejects.toBeInstanceOf(LeaseLostError)
    expect([await row('evt_000'), await row('evt_001')]).toMatchObject([
      { state: 'pending', last_error: null },
      { state: 'pending', last_error: null },
    ])
    await ignoreStripeEvents(database.db, 'a', rows, NOW)
    const states = [(await row('evt_000')).state, (await row('evt_001')).state]
    expect(states.toSorted()).toEqual(['ignored', 'pending'])
  })

  test('are not claimed again once they are settled, ignored or dead', async () => {
    await add(3)
    await claim('a')
    const [one, two, three] = ['evt_000', 'evt_001', 'evt_002']
    const rows = await database.db.selectFrom('stripe_events').selectAll().execute()
    const only = (id?: string) => rows.filter((each) => each.id === id)
    await database.db.transaction().execute((trx) => settleStripeEvents(trx, 'a', only(one), 'applied', NOW))
    await ignoreStripeEvents(database.db, 'a', only(two), NOW)
    await failStripeEvent(database.db, 'a', only(three)[0]!, {
      reason: 'no',
      now: NOW,
      maxAttempts: 1,
      random: 0,
    })
    expect(await claim('b', 10, NOW * 2)).toEqual([])
    expect(await row(one!)).toMatchObject({ state: 'applied', settled_at: NOW, attempts: 0 })
    expect(await row(two!)).toMatchObject({ state: 'ignored', settled_at: NOW, attempts: 0 })
    expect(await row(three!)).toMatchObject({
      state: 'dead',
      settled_at: NOW,
      attempts: 1,
      last_error: 'no',
    })
  })

  test('that fail rest longer each time, and become dead letters at last', async () => {
    await add(1)
    const rests: number[] = []
    let now = NOW
    for (let failures = 1; failures <= 12; failures++) {
      const [event] = await claim('a', 1, now)
      expect(event!.attempts).toBe(failures - 1)
      const failure = { reason: `failure ${failures}`, now, maxAttempts: 12, random: 0.5 }
      const state = await failStripeEvent(database.db, 'a', event!, failure)
      expect(state).toBe(failures === 12 ? 'dead' : 'pending')
      const { lease_until: until } = await row(event!.id)
      if (state === 'pending') rests.push(until - now)
      now = until
    }
    expect(rests).toEqual(rests.toSorted((a, b) => a - b))
    expect(rests[0]).toBeGreaterThan(0)
    expect(await row('evt_000')).toMatchObject({ attempts: 12, last_error: 'failure 12' })
  })

  test('that are given back have lost no try, and are due when it is said', async () => {
    await add(1)
    await releaseStripeEvents(database.db, 'a', await claim('a'), NOW + 500)
    expect(await row('evt_000')).toMatchObject({ state: 'pending', attempts: 0, last_error: null })
    expect(await claim('b', 1, NOW + 499)).toEqual([])
    expect(await claim('b', 1, NOW + 500)).toHaveLength(1)
  })

  test('are counted', async () => {
    expect(await stripeEventStats(database.db, NOW)).toEqual({ pending: 0, oldestPendingAgeMs: 0, dead: 0 })
    await add(3)
    const [event] = await claim('a', 1)
    await failStripeEvent(database.db, 'a', event!, { reason: 'no', now: NOW, maxAttempts: 1, random: 0 })
    expect(await stripeEventStats(database.db, NOW)).toEqual({
      pending: 2,
      oldestPendingAgeMs: 5000,
      dead: 1,
    })
  })
})
