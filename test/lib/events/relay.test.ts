import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createRelay, type Relay } from '../../../lib/events/relay.ts'
import { type RecordedLog, recordLog } from '../../parts/record-log.ts'
import {
  addEvents,
  databaseKinds,
  openTestDatabase,
  type ScriptedBus,
  scriptedBus,
  statesOf,
  type TestDatabase,
} from './outbox-fixture.ts'

const clock = { now: () => Date.now() }

describe.each(databaseKinds)('relay on %s', (kind) => {
  let database: TestDatabase
  let bus: ScriptedBus
  let log: RecordedLog
  const started: Relay[] = []

  beforeEach(async () => {
    database = await openTestDatabase(kind, {
      events: { relayBatch: 50, relayIntervalMs: 20, leaseMs: 1000, maxAttempts: 2 },
    })
    bus = scriptedBus()
    log = recordLog()
  })
  afterEach(async () => {
    await Promise.all(started.splice(0).map((relay) => relay.stop(2000)))
    await database.close()
  })

  function relay(owner = 'a', over: Partial<Parameters<typeof createRelay>[0]> = {}): Relay {
    const { db, config } = database
    const made = createRelay({ db, bus, clock, log, config, owner, ...over })
    started.push(made)
    return made
  }
  const publishedIds = () => bus.published.map(({ id }) => id)
  const sorted = (ids: string[]) => ids.toSorted()
  const attempts = async () => {
    const rows = await database.db.selectFrom('event_outbox').select('attempts').execute()
    return rows.map((row) => row.attempts)
  }

  test('publishes every event in its order and marks it', async () => {
    const ids = await addEvents(database.db, 50)

    expect(await relay().flushOnce()).toMatchObject({ claimed: 50, delivered: 50, refused: 0 })

    expect(publishedIds()).toEqual(ids)
    expect(new Set(await statesOf(database.db))).toEqual(new Set(['relayed']))
  })

  test('shares the work among relays: each event is published once', async () => {
    const ids = await addEvents(database.db, 300)
    await Promise.all(['a', 'b', 'c'].map((owner) => relay(owner).flushOnce()))
    while ((await statesOf(database.db)).includes('pending')) await relay('late').flushOnce()

    expect(sorted(publishedIds())).toEqual(sorted(ids))
  })

  test('publishes what is woken up for without waiting for the interval', async () => {
    const slow = { ...database.config, events: { ...database.config.events, relayIntervalMs: 60_000 } }
    const running = relay('a', { config: slow })
    running.start()
    await vi.waitFor(() => expect(bus.prepared).toBe(1))
    await sleep(100)

    const [id] = await addEvents(database.db, 1)
    running.wake()
    await vi.waitFor(() => expect(publishedIds()).toEqual([id]), 3000)
  })

  test('repeats an event with the same id and the same bytes after a crash before it was marked', async () => {
    const ids = await addEvents(database.db, 3)
    const crash = database.db.withPlugin({
      transformQuery({ node }) {
        if (node.kind === 'UpdateQueryNode' && JSON.stringify(node).includes('relayed'))
          throw new Error('killed')
        return node
      },
      transformResult: async ({ result }) => result,
    })
    await expect(relay('dying', { db: crash }).flushOnce()).rejects.toThrow('killed')
    expect(publishedIds()).toEqual(ids)

    expect(await relay('next').flushOnce()).toMatchObject({ claimed: 0 })
    const later = { now: () => Date.now() + 1100 }
    await relay('next', { clock: later }).flushOnce()

    expect(publishedIds()).toEqual([...ids, ...ids])
    expect(bus.published.slice(3)).toEqual(bus.published.slice(0, 3))
    expect(new Set(await statesOf(database.db))).toEqual(new Set(['relayed']))
  })

  test('waits while the bus is away, counts no try, says so once and goes on', async () => {
    bus.unreachable = true
    const ids = await addEvents(database.db, 60)
    relay().start()
    await sleep(900)
    expect(await attempts()).toEqual(ids.map(() => 0))

    bus.unreachable = false
    await vi.waitFor(() => expect(sorted(publishedIds())).toEqual(sorted(ids)), 5000)
    await vi.waitFor(() =>
      expect(log.lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
        'warn events wait: bus away',
        'info events flow again',
      ]),
    )
  })

  test('gives leases back and prepares the bus again when it goes away between two publishes', async () => {
    const ids = await addEvents(database.db, 40)
    let taken = 0
    bus.answer = () =>
      taken++ < 10 ? { kind: 'acknowledged' } : { kind: 'unavailable', reason: 'connection lost' }
    relay().start()
    await vi.waitFor(() => expect(log.lines[0]?.message).toBe('events wait: bus away'), 5000)
    expect(log.lines[0]?.fields).toEqual({ part: 'bus', reason: 'connection lost' })

    bus.answer = () => ({ kind: 'acknowledged' })
    await vi.waitFor(() => expect(sorted(publishedIds())).toEqual(sorted(ids)), 8000)
    expect(bus.prepared).toBeGreaterThan(1)
    expect(await attempts()).toEqual(ids.map(() => 0))
  })

  test('lets other events pass one that the bus does not take', async () => {
    const [stuck] = await addEvents(database.db, 1, { subject: 'group.created' })
    const ids = await addEvents(database.db, 60)
    bus.answer = ({ id }) =>
      id === stuck ? { kind: 'unavailable', reason: 'no leader' } : { kind: 'acknowledged' }

    await relay().flushOnce()
    expect(sorted(publishedIds())).toEqual(sorted(ids))
    expect((await statesOf(database.db)).filter((state) => state === 'pending')).toHaveLength(1)
  })

  test('makes an event that is refused again and again a dead letter, and delivers the rest', async () => {
    const [bad] = await addEvents(database.db, 1)
    const ids = await addEvents(database.db, 5)
    bus.answer = ({ id }) =>
      id === bad ? { kind: 'refused', reason: 'message too large' } : { kind: 'acknowledged' }
    const start = Date.now()
    await relay('a', { clock: { now: () => start } }).flushOnce()
    await relay('a', { clock: { now: () => start + 2000 } }).flushOnce()

    expect(publishedIds()).toEqual(ids)
    expect(await statesOf(database.db)).toEqual(['dead', ...ids.map(() => 'relayed')])
    const dead = await database.db
      .selectFrom('event_outbox')
      .select(['last_error', 'attempts'])
      .where('state', '=', 'dead')
      .executeTakeFirst()
    expect(dead).toEqual({ last_error: 'message too large', attempts: 2 })
    expect(log.lines.map(({ message }) => message)).toEqual([
      'events refused, will be tried again',
      'events became dead letters',
    ])
  })

  test('prunes what left its time of keeping while it runs', async () => {
    const relayed_at = Date.now() - 31 * 86_400_000
    await addEvents(database.db, 3, { state: 'relayed', relayed_at })
    relay('a', { random: () => 0.999999999 }).start()
    await vi.waitFor(async () => expect(await statesOf(database.db)).toEqual([]), 5000)
  })

  test('keeps running through any failure of the database', async () => {
    let down = true
    const flaky = database.db.withPlugin({
      transformQuery({ node }) {
        if (down) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
        return node
      },
      transformResult: async ({ result }) => result,
    })
    const ids = await addEvents(database.db, 2)
    relay('a', { db: flaky }).start()
    await vi.waitFor(() => expect(log.lines[0]?.message).toBe('events wait: database away'))

    down = false
    await vi.waitFor(() => expect(publishedIds()).toEqual(ids), 5000)
  })

  test('flushes what is pending when it stops', async () => {
    const running = relay()
    running.start()
    const ids = await addEvents(database.db, 200)
    await running.stop(5000)

    expect(sorted(publishedIds())).toEqual(sorted(ids))
    expect(new Set(await statesOf(database.db))).toEqual(new Set(['relayed']))
  })

  test('stops within its limit when the bus hangs', async () => {
    bus.answer = () => new Promise(() => {})
    const running = relay()
    running.start()
    await addEvents(database.db, 2)

    const start = Date.now()
    await running.stop(300)
    expect(Date.now() - start).toBeLessThan(1500)
    expect(log.lines.at(-1)?.message).toBe('stopped without flushing the outbox')
  })
})
