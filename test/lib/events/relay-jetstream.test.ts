import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Bus } from '../../../lib/events/bus.ts'
import { createRelay, type Relay } from '../../../lib/events/relay.ts'
import { replayEvents } from '../../../lib/events/replay.ts'
import { createNatsBus } from '../../../runtime/node/nats-bus.ts'
import { requirePart } from '../../parts/available.ts'
import { readEvents } from '../../parts/jetstream-events.ts'
import { type Nats, startNats } from '../../parts/nats.ts'
import { type RecordedLog, recordLog } from '../../parts/record-log.ts'
import { addEvents, openTestDatabase, statesOf, type TestDatabase } from './outbox-fixture.ts'

const clock = { now: () => Date.now() }

describe.skipIf(requirePart('nats') || requirePart('mariadb'))('relay from MariaDB to JetStream', () => {
  let nats: Nats
  let database: TestDatabase
  let log: RecordedLog
  const running: { relay: Relay; bus: Bus }[] = []

  beforeAll(async () => {
    nats = await startNats()
  })
  beforeEach(async () => {
    database = await openTestDatabase('mariadb', {
      nats: { url: nats.url, prefix: `t${crypto.randomUUID().slice(0, 8)}`, timeoutMs: 1000 },
      events: { relayIntervalMs: 50, relayBatch: 50, leaseMs: 1500 },
    })
    log = recordLog()
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ relay, bus }) => relay.stop(2000).then(() => bus.close())))
    await database.close()
  })
  afterAll(() => nats?.stop())

  function startRelay(owner: string): Relay {
    const { db, config } = database
    const bus = createNatsBus(config, log)
    const relay = createRelay({ db, bus, clock, log, config, owner })
    running.push({ relay, bus })
    relay.start()
    return relay
  }
  const received = () => readEvents(nats.url, database.config.nats.prefix)
  const allRelayed = () =>
    vi.waitFor(async () => expect(new Set(await statesOf(database.db))).toEqual(new Set(['relayed'])), {
      timeout: 15_000,
      interval: 100,
    })

  test('two relays bring each event once, with its envelope and trace', async () => {
    startRelay('a')
    startRelay('b')
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const ids = await addEvents(database.db, 400, { traceparent })
    await allRelayed()

    const events = await received()
    expect(events.map(({ messageId }) => messageId).toSorted()).toEqual(ids.toSorted())
    const first = events.find(({ messageId }) => messageId === ids[0])
    expect(first).toEqual({
      subject: 'user.created',
      messageId: ids[0],
      traceparent,
      data: {
        id: ids[0],
        time: '2023-11-14T22:13:20.000Z',
        schemaVersion: 1,
        seq: expect.any(Number),
        user: { identity: 'identity 0' },
      },
    })
    const seqs = events.map(({ data }) => data.seq as number)
    expect(new Set(seqs).size).toBe(400)
  })

  test('loses and doubles nothing while the server is killed again and again', async () => {
    startRelay('a')
    startRelay('b')
    const ids: string[] = []
    for (let round = 0; round < 4; round++) {
      ids.push(...(await addEvents(database.db, 150)))
      await nats.kill()
      ids.push(...(await addEvents(database.db, 20)))
      await nats.restart()
    }
    await allRelayed()

    const events = await received()
    expect(events.map(({ messageId }) => messageId).toSorted()).toEqual(ids.toSorted())
    const tried = await database.db
      .selectFrom('event_outbox')
      .select('seq')
      .where('attempts', '>', 0)
      .execute()
    expect(tried).toEqual([])
  })

  test('goes on after the server lost everything, and a replay refills it', async () => {
    const since = Date.now()
    const relay = startRelay('a')
    const before = await addEvents(database.db, 120)
    await allRelayed()
    await nats.wipe()
    const after = await addEvents(database.db, 30)
    relay.wake()
    await allRelayed()
    expect((await received()).map(({ messageId }) => messageId).toSorted()).toEqual(after.toSorted())

    const { db, config } = database
    const bus = createNatsBus(config, log)
    expect(await replayEvents({ db, bus, config, since })).toEqual({
      published: 150,
      duplicates: 30,
      refused: 0,
    })
    await bus.close()

    const events = await received()
    expect(events.map(({ messageId }) => messageId).toSorted()).toEqual([...before, ...after].toSorted())
  })
})
