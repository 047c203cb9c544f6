import { jetstreamManager, type StreamConfig } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Bus, EventMessage } from '../../lib/events/bus.ts'
import { createNatsFlushBus } from '../../runtime/edge/nats-flush-bus.ts'
import { createNatsBus } from '../../runtime/node/nats-bus.ts'
import { testConfig } from '../lib/events/outbox-fixture.ts'
import { requirePart } from '../parts/available.ts'
import { freePort } from '../parts/free-port.ts'
import { type RecordedLog, recordLog } from '../parts/record-log.ts'

const DAY_NS = 86_400_000_000_000
const MINUTE_NS = 60_000_000_000

interface Client {
  open(nats: Record<string, unknown>, log?: RecordedLog): Bus
  url(nats: { url: string; websocketUrl?: string }): string
}

const CLIENTS: Record<string, Client> = {
  'TCP client': {
    open: (nats, log = recordLog()) => createNatsBus(testConfig({ nats }), log),
    url: (nats) => nats.url,
  },
  'WebSocket client of the edge': {
    open: (nats, log = recordLog()) => createNatsFlushBus(testConfig({ nats }), log),
    url: (nats) => nats.websocketUrl!,
  },
  'TCP client over WebSocket': {
    open: (nats, log = recordLog()) => createNatsBus(testConfig({ nats }), log),
    url: (nats) => nats.websocketUrl!,
  },
}

let count = 0
/** Subjects of one test alone: the server is shared. */
const freshPrefix = () => `bus${process.pid}x${count++}`

describe.skipIf(requirePart('nats')).each(Object.entries(CLIENTS))(
  'JetStream through the %s',
  (_, client) => {
    let connection: NatsConnection
    const open: Bus[] = []
    beforeAll(async () => {
      connection = await connect({ servers: inject('nats')!.url })
    })
    afterEach(async () => {
      await Promise.all(open.splice(0).map((bus) => bus.close()))
    })
    afterAll(() => connection?.close())

    function openBus(prefix: string, log = recordLog(), keys: Record<string, unknown> = {}): Bus {
      const bus = client.open({ url: client.url(inject('nats')!), prefix, timeoutMs: 2000, ...keys }, log)
      open.push(bus)
      return bus
    }
    const streamOf = async (name: string): Promise<StreamConfig> => {
      const manager = await jetstreamManager(connection)
      return (await manager.streams.info(name)).config
    }
    const message = (subject: string, over: Partial<EventMessage> = {}): EventMessage => ({
      id: crypto.randomUUID(),
      subject,
      data: '{"name":"Zoë ☃"}',
      ...over,
    })

    test('makes one stream for each subject, named after it', async () => {
      const prefix = freshPrefix()
      const log = recordLog()
      await openBus(prefix, log).prepare([`${prefix}.user.created`, `${prefix}.mail.send`])

      expect(await streamOf(`${prefix}_user_created`)).toMatchObject({
        subjects: [`${prefix}.user.created`],
        retention: 'limits',
        storage: 'file',
        max_age: 30 * DAY_NS,
        duplicate_window: 2 * MINUTE_NS,
      })
      expect(await streamOf(`${prefix}_mail_send`)).toMatchObject({
        subjects: [`${prefix}.mail.send`],
        retention: 'workqueue',
        max_age: 0,
        duplicate_window: 60 * MINUTE_NS,
      })
      expect(log.lines.map(({ message }) => message)).toEqual(['stream made', 'stream made'])
    })

    test('leaves streams that are there alone, and may be prepared by several at once', async () => {
      const prefix = freshPrefix()
      const subject = `${prefix}.user.created`
      await Promise.all([1, 2, 3].map(() => openBus(prefix).prepare([subject])))

      const log = recordLog()
      await openBus(prefix, log).prepare([subject])
      expect(log.lines).toEqual([])
    })

    test('reuses and reports a broad stream of others', async () => {
      const prefix = freshPrefix()
      const manager = await jetstreamManager(connection)
      await manager.streams.add({ name: `${prefix}_GT`, subjects: [`${prefix}.>`] })
      const log = recordLog()
      const bus = openBus(prefix, log)
      await bus.prepare([`${prefix}.user.created`])

      expect(await bus.publish(message(`${prefix}.user.created`))).toEqual({
        kind: 'acknowledged',
        duplicate: false,
      })
      expect(log.lines).toEqual([
        {
          level: 'info',
          message: 'stream of others reused',
          fields: { stream: `${prefix}_GT`, subject: `${prefix}.user.created` },
        },
      ])
      await expect(streamOf(`${prefix}_user_created`)).rejects.toThrow('stream not found')
    })

    test('publishes data and headers, and the stream drops a repeat of the same id', async () => {
      const prefix = freshPrefix()
      const subject = `${prefix}.user.created`
      const bus = openBus(prefix)
      await bus.prepare([subject])
      const event = message(subject, { traceparent: '00-aa-bb-01' })

      expect(await bus.publish(event)).toEqual({ kind: 'acknowledged', duplicate: false })
      expect(await bus.publish(event)).toEqual({ kind: 'acknowledged', duplicate: true })

      const manager = await jetstreamManager(connection)
      const { state } = await manager.streams.info(`${prefix}_user_created`)
      expect(state.messages).toBe(1)
      const stored = await manager.streams.getMessage(`${prefix}_user_created`, { seq: 1 })
      expect(stored?.json()).toEqual({ name: 'Zoë ☃' })
      expect(stored?.header.get('Nats-Msg-Id')).toBe(event.id)
      expect(stored?.header.get('traceparent')).toBe('00-aa-bb-01')
    })

    test('makes a stream again that vanished, and publishes to it', async () => {
      const prefix = freshPrefix()
      const subject = `${prefix}.user.created`
      const bus = openBus(prefix)
      await bus.prepare([subject])
      await bus.publish(message(subject))
      const manager = await jetstreamManager(connection)
      await manager.streams.delete(`${prefix}_user_created`)

      const results = await Promise.all([1, 2, 3].map(() => bus.publish(message(subject))))

      expect(results.map(({ kind }) => kind)).toEqual(['acknowledged', 'acknowledged', 'acknowledged'])
      expect((await manager.streams.info(`${prefix}_user_created`)).state.messages).toBe(3)
    })

    test('makes the stream of a subject that nobody prepared', async () => {
      const prefix = freshPrefix()
      const bus = openBus(prefix)
      await bus.prepare([])
      expect(await bus.publish(message(`${prefix}.group.created`))).toMatchObject({ kind: 'acknowledged' })
    })

    test('tells a message that is at fault from a bus that is away', async () => {
      const prefix = freshPrefix()
      const subject = `${prefix}.user.created`
      const bus = openBus(prefix)
      await bus.prepare([subject])

      const large = await bus.publish(message(subject, { data: 'x'.repeat(1_100_000) }))
      expect(large).toMatchObject({
        kind: 'refused',
        reason: expect.stringMatching(/max_payload|MAX_PAYLOAD/i),
      })

      const manager = await jetstreamManager(connection)
      await manager.streams.update(`${prefix}_user_created`, { max_msg_size: 1000 })
      const tooLarge = await bus.publish(message(subject, { data: 'x'.repeat(2000) }))
      expect(tooLarge).toEqual({ kind: 'refused', reason: 'message size exceeds maximum allowed' })

      await manager.streams.update(`${prefix}_user_created`, { sealed: true } as object)
      expect(await bus.publish(message(subject))).toEqual({
        kind: 'refused',
        reason: 'invalid operation on sealed stream',
      })
    })

    test('publishes nothing before it was prepared and after it was closed', async () => {
      const prefix = freshPrefix()
      const bus = openBus(prefix)
      const away = { kind: 'unavailable', reason: 'not connected' }
      expect(await bus.publish(message(`${prefix}.user.created`))).toEqual(away)

      await bus.prepare([])
      expect(await bus.ready()).toBe(true)
      await bus.close()
      expect(await bus.publish(message(`${prefix}.user.created`))).toEqual(away)
    })

    test('throws from prepare and is not ready while no server answers', async () => {
      const url = client.url({
        url: `nats://127.0.0.1:${await freePort()}`,
        websocketUrl: 'ws://127.0.0.1:9',
      })
      const bus = openBus('nobody', recordLog(), { url })
      await expect(bus.prepare(['nobody.user.created'])).rejects.toThrow()
      expect(await bus.ready()).toBe(false)
    })
  },
)
