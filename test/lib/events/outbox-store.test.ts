import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { OutboxRow } from '../../../lib/db/tables.ts'
import {
  claimEvents,
  markDelivered,
  outboxStats,
  recordFailure,
  releaseEvents,
} from '../../../lib/events/outbox-store.ts'
import { addEvents, databaseKinds, openTestDatabase, statesOf, type TestDatabase } from './outbox-fixture.ts'

const NOW = 1_800_000_000_000
const LEASE_MS = 30_000

describe.each(databaseKinds)('outbox on %s', (kind) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  beforeEach(() => database.db.deleteFrom('event_outbox').execute())
  afterAll(() => database?.close())

  const claim = (owner: string, { now = NOW, limit = 100 } = {}) =>
    claimEvents(database.db, { owner, now, leaseMs: LEASE_MS, limit })
  const seqs = (rows: OutboxRow[]) => rows.map(({ seq }) => seq)
  const row = (id: string) =>
    database.db.selectFrom('event_outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

  test('claims the oldest events first, with every column as it was written', async () => {
    const ids = await addEvents(database.db, 5, { traceparent: '00-aa-bb-01', payload: '{"name":"Zoë ☃"}' })

    const rows = await claim('a', { limit: 3 })

    expect(rows.map(({ id }) => id)).toEqual(ids.slice(0, 3))
    expect(rows[0]).toMatchObject({
      subject: 'user.created',
      schema_version: 1,
      payload: '{"name":"Zoë ☃"}',
      traceparent: '00-aa-bb-01',
      created_at: 1_700_000_000_000,
      attempts: 0,
    })
    expect(rows[0]!.seq).toBeTypeOf('number')
  })

  test('leaves a leased event to its owner until the lease ends, then another takes it over', async () => {
    const [id] = await addEvents(database.db, 1)
    await claim('dead replica')

    expect(await claim('b', { now: NOW + LEASE_MS - 1 })).toEqual([])
    const taken = await claim('b', { now: NOW + LEASE_MS })
    expect(taken.map((each) => each.id)).toEqual([id])

    await markDelivered(database.db, 'dead replica', seqs(taken), NOW)
    expect((await row(id!)).state).toBe('pending')
    await markDelivered(database.db, 'b', seqs(taken), NOW + LEASE_MS + 5)
    expect(await row(id!)).toMatchObject({ state: 'relayed', relayed_at: NOW + LEASE_MS + 5 })
  })

  test('gives concurrent claims disjoint events', async () => {
    const ids = await addEvents(database.db, 400)
    const claimed: string[] = []
    const owner = async (name: string) => {
      for (;;) {
        const rows = await claim(name, { limit: 10 })
        claimed.push(...rows.map(({ id }) => id))
        await markDelivered(database.db, name, seqs(rows), NOW)
        if (rows.length === 0 && (await outboxStats(database.db, NOW)).pending === 0) return
      }
    }
    await Promise.all(['a', 'b', 'c', 'd'].map(owner))

    expect(claimed).toHaveLength(400)
    expect(new Set(claimed)).toEqual(new Set(ids))
  })

  test('gives a lease back without counting a try', async () => {
    const [id] = await addEvents(database.db, 1)
    const rows = await claim('a')

    await releaseEvents(database.db, 'a', seqs(rows), NOW + 200)

    expect(await row(id!)).toMatchObject({
      state: 'pending',
      attempts: 0,
      lease_owner: '-'.repeat(32),
      last_error: null,
    })
    expect(await claim('b', { now: NOW + 199 })).toEqual([])
    expect(await claim('b', { now: NOW + 200 })).toHaveLength(1)
  })

  test('tries an event that failed by its own fault later, then makes it a dead letter', async () => {
    const [id] = await addEvents(database.db, 1)
    const fail = async (now: number) => {
      const [event] = await claim('a', { now })
      const failure = { seqs: [event!.seq], attempts: event!.attempts, reason: 'too large '.repeat(200) }
      return recordFailure(database.db, 'a', failure, { now, maxAttempts: 2, random: 0 })
    }

    expect(await fail(NOW)).toBe('pending')
    expect(await claim('b', { now: NOW + 999 })).toEqual([])
    expect(await fail(NOW + 1000)).toBe('dead')

    const dead = await row(id!)
    expect(dead).toMatchObject({ state: 'dead', attempts: 2, lease_owner: '-'.repeat(32) })
    expect(dead.last_error).toMatch(/^too large too large/)
    expect(await claim('b', { now: NOW + 10 * LEASE_MS })).toEqual([])
  })

  test('counts what waits and what is dead', async () => {
    expect(await outboxStats(database.db, NOW)).toEqual({
      pending: 0,
      oldestPendingAgeMs: 0,
      dead: 0,
      refusedMails: 0,
    })

    await addEvents(database.db, 2, { created_at: NOW - 700 })
    await addEvents(database.db, 3, { state: 'dead' })
    await addEvents(database.db, 2, { state: 'dead', subject: 'mail.send.refused' })
    await addEvents(database.db, 4, { state: 'relayed', relayed_at: NOW })

    expect(await outboxStats(database.db, NOW)).toEqual({
      pending: 2,
      oldestPendingAgeMs: 700,
      dead: 3,
      refusedMails: 2,
    })
    expect(await statesOf(database.db)).toHaveLength(11)
  })
})
