import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pruneStripePayloads } from '../../../lib/billing/prune-stripe-events.ts'
import type { ReservationState, StripeEventState } from '../../../lib/db/tables.ts'
import { prune } from '../../../lib/events/housekeeping.ts'
import { pruneDelivered, pruneSessions } from '../../../lib/events/prune.ts'

import { addEvents, databaseKinds, openTestDatabase, statesOf, type TestDatabase } from './outbox-fixture.ts'

const DAY_MS = 86_400_000
const NOW = 1_800_000_000_000

describe.each(databaseKinds)('pruning on %s', (kind) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  afterAll(() => database?.close())

  test('deletes the oldest relayed events, no more than the limit', async () => {
    const { db } = database
    await addEvents(db, 3, { state: 'relayed', relayed_at: NOW - 5 })
    await addEvents(db, 2, { state: 'relayed', relayed_at: NOW })
    await addEvents(db, 2, { created_at: NOW - 99 })
    await addEvents(db, 1, { state: 'dead', created_at: NOW - 99 })

    expect(await pruneDelivered(db, { before: NOW, limit: 2 })).toBe(2)
    expect(await pruneDelivered(db, { before: NOW, limit: 2 })).toBe(1)
    expect(await pruneDelivered(db, { before: NOW, limit: 2 })).toBe(0)
    expect((await statesOf(db)).sort()).toEqual(['dead', 'pending', 'pending', 'relayed', 'relayed'])
  })

  test('deletes sessions that ended, and keeps the others', async () => {
    const { db } = database
    const session = (sid: string, expires_at: number) => ({
      sid,
      expires_at,
      user_id: null,
      first_seen_at: 0,
      revoked_at: null,
      generation: 0,
    })
    const sessions = [session('old', NOW - 2), session('older', NOW - 3), session('alive', NOW)]
    await db.insertInto('sessions').values(sessions).execute()

    expect(await pruneSessions(db, { before: NOW, limit: 1 })).toBe(1)
    expect(await pruneSessions(db, { before: NOW, limit: 5 })).toBe(1)
    expect(await db.selectFrom('sessions').select('sid').execute()).toEqual([{ sid: 'alive' }])
  })

  test('goes on in batches until nothing old is left', async () => {
    const { db, config } = database
    await db.deleteFrom('event_outbox').execute()
    await addEvents(db, 1200, { state: 'relayed', relayed_at: NOW - 31 * DAY_MS })
    await addEvents(db, 3, { state: 'relayed', relayed_at: NOW - 29 * DAY_MS })

    expect(await prune(db, config, { now: NOW, maxBatches: 1 })).toMatchObject({ events: 500, sessions: 0 })
    expect(await prune(db, config, { now: NOW })).toMatchObject({ events: 700, sessions: 0 })
    expect(await statesOf(db)).toHaveLength(3)
  })

  test('deletes names that were let go long ago, and keeps what is held or bought', async () => {
    const { db, config } = database
    const reservation = (id: string, state: ReservationState, updated_at: number) => ({
      id,
      state,
      updated_at,
      name: id,
      held_name: state === 'open' ? id : null,
      identity: 'ada',
      user_id: 1,
      group_id: null,
      long_name: id,
      lookup_key: 'standard',
      session_id: null,
      provider_subscription_id: null,
      expires_at: updated_at,
      created_at: updated_at,
    })
    const [old, recent] = [NOW - 61 * DAY_MS, NOW - 59 * DAY_MS]
    const rows = [
      reservation('old', 'released', old),
      reservation('recent', 'released', recent),
      reservation('open', 'open', old),
      reservation('bought', 'completed', old),
    ]
    await db.insertInto('checkout_reservations').values(rows).execute()

    expect(await prune(db, config, { now: NOW })).toMatchObject({ reservations: 1 })
    const left = await db.selectFrom('checkout_reservations').select('id').orderBy('id').execute()
    expect(left.map(({ id }) => id)).toEqual(['bought', 'open', 'recent'])
  })

  describe('of Stripe events', () => {
    const event = (id: string, state: StripeEventState, age: number) => ({
      id,
      state,
      type: 'invoice.paid',
      created_at: 0,
      livemode: 0,
      payload: '{}',
      received_at: 0,
      settled_at: state === 'pending' ? 0 : NOW - age * DAY_MS,
    })
    const kept = async () => {
      const rows = await database.db
        .selectFrom('stripe_events')
        .select(['id', 'payload'])
        .orderBy('id')
        .execute()
      return rows.map(({ id, payload }) => (payload === null ? id : `${id} whole`))
    }

    test('forgets the payloads of settled ones, no more than the limit, and the rows themselves later', async () => {
      const { db, config } = database
      const rows = [
        event('applied', 'applied', 31),
        event('ignored', 'ignored', 32),
        event('young', 'applied', 29),
        event('pending', 'pending', 0),
        event('dead', 'dead', 400),
        event('gone', 'applied', 61),
      ]
      await db.insertInto('stripe_events').values(rows).execute()

      expect(await pruneStripePayloads(db, { before: NOW - 30 * DAY_MS, limit: 2 })).toBe(2)
      expect(await kept()).toEqual([
        'applied whole',
        'dead whole',
        'gone',
        'ignored',
        'pending whole',
        'young whole',
      ])
      expect(await prune(db, config, { now: NOW })).toMatchObject({ stripePayloads: 1, stripeEvents: 1 })
      expect(await kept()).toEqual(['applied', 'dead whole', 'ignored', 'pending whole', 'young whole'])
      expect(await prune(db, config, { now: NOW })).toMatchObject({ stripePayloads: 0, stripeEvents: 0 })
    })

    test('a payload that is kept longer than the row keeps the row', async () => {
      const { db, config } = database
      await db.deleteFrom('stripe_events').execute()
      await db
        .insertInto('stripe_events')
        .values(event('old', 'applied', 80))
        .execute()
      const stripe = { ...config.stripe, payloadRetentionDays: 90 }

      await prune(db, { ...config, stripe }, { now: NOW })
      expect(await kept()).toEqual(['old whole'])
      await prune(db, { ...config, stripe }, { now: NOW + 11 * DAY_MS })
      expect(await kept()).toEqual([])
    })
  })
})
