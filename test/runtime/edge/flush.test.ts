import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import type { Bus } from '../../../lib/events/bus.ts'
import { flushOutbox, tidyOutbox } from '../../../runtime/edge/flush.ts'
import { createNatsFlushBus } from '../../../runtime/edge/nats-flush-bus.ts'
import {
  addEvents,
  openTestDatabase,
  scriptedBus,
  statesOf,
  type TestDatabase,
} from '../../lib/events/outbox-fixture.ts'
import { requirePart } from '../../parts/available.ts'
import { readEvents } from '../../parts/jetstream-events.ts'
import { type RecordedLog, recordLog } from '../../parts/record-log.ts'

const DAY_MS = 86_400_000

describe.skipIf(requirePart('mariadb') || requirePart('nats'))(
  'flush from PlanetScale over WebSocket',
  () => {
    let database: TestDatabase
    let log: RecordedLog
    let opened: Bus[]
    beforeEach(async () => {
      const { websocketUrl: url } = inject('nats')!
      const prefix = `f${crypto.randomUUID().slice(0, 8)}`
      database = await openTestDatabase('planetscale', { nats: { url, prefix }, events: { relayBatch: 100 } })
      log = recordLog()
      opened = []
    })
    afterEach(() => database.close())

    const flush = (over: Partial<Parameters<typeof flushOutbox>[0]> = {}) =>
      flushOutbox({
        ...database,
        log,
        clock: { now: () => Date.now() },
        openBus() {
          const bus = createNatsFlushBus(database.config, log)
          opened.push(bus)
          return bus
        },
        ...over,
      })
    const received = () => readEvents(inject('nats')!.url, database.config.nats.prefix)

    test('publishes what is due and closes its connection', async () => {
      const ids = await addEvents(database.db, 250, { traceparent: '00-aa-bb-01' })

      expect(await flush()).toEqual({ delivered: 250, refused: 0, empty: true })

      const events = await received()
      expect(events.map(({ messageId }) => messageId).toSorted()).toEqual(ids.toSorted())
      expect(events[0]).toMatchObject({ subject: 'user.created', traceparent: '00-aa-bb-01' })
      expect(new Set(await statesOf(database.db))).toEqual(new Set(['relayed']))
      expect(opened).toHaveLength(1)
      const late = await opened[0]!.publish({ id: 'x', subject: 'y', data: '{}' })
      expect(late).toEqual({ kind: 'unavailable', reason: 'not connected' })
    })

    test('shares the events with other flushes at the same time', async () => {
      const ids = await addEvents(database.db, 300)
      const reports = await Promise.all([flush(), flush(), flush()])
      await flush()

      expect(reports.map(({ away }) => away)).toEqual([undefined, undefined, undefined])
      const events = await received()
      expect(events.map(({ messageId }) => messageId).toSorted()).toEqual(ids.toSorted())
    })

    test('connects to nothing when nothing is due', async () => {
      await addEvents(database.db, 1, { lease_until: Date.now() + 60_000 })
      expect(await flush()).toEqual({ delivered: 0, refused: 0, empty: true })
      expect(opened).toEqual([])
    })

    test('leaves the events where they are while NATS is away', async () => {
      const bus = scriptedBus()
      bus.unreachable = true
      await addEvents(database.db, 3)

      const report = await flush({ openBus: () => bus })

      expect(report).toEqual({ delivered: 0, refused: 0, empty: false, away: 'nobody answers' })
      expect(log.lines).toMatchObject([{ level: 'warn', message: 'events wait: flush failed' }])
      expect(await flush()).toMatchObject({ delivered: 3 })
    })

    test('ends in time and leaves the rest for the next call', async () => {
      await addEvents(database.db, 300)
      let now = Date.now()
      const clock = { now: () => (now += 4000) }
      const report = await flush({ clock, openBus: scriptedBus })

      expect(report).toMatchObject({ empty: false })
      expect(report.delivered).toBeGreaterThan(0)
      expect(report.delivered).toBeLessThan(300)
    })

    test('prunes a little with each schedule', async () => {
      await addEvents(database.db, 5, { state: 'relayed', relayed_at: Date.now() - 31 * DAY_MS })
      await tidyOutbox({ ...database, log, clock: { now: () => Date.now() } })
      expect(await statesOf(database.db)).toEqual([])
    })
  },
)
