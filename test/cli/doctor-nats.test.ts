import { type AddressInfo, createServer } from 'node:net'
import {
  AckPolicy,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { parseConfig } from '../../lib/config.ts'
import { streamSpec, WORK_QUEUES } from '../../lib/events/streams.ts'
import { SUBJECTS } from '../../lib/events/subjects.ts'
import { createNatsBus } from '../../runtime/node/nats-bus.ts'
import { requirePart } from '../parts/available.ts'
import { diagnose, NOWHERE } from '../parts/diagnose.ts'
import { freePort } from '../parts/free-port.ts'
import { JWT_KEY } from '../parts/gateway.ts'
import { type Nats, startNats } from '../parts/nats.ts'
import { recordLog } from '../parts/record-log.ts'
import { json, startStubUpstream } from '../parts/stub-upstream.ts'

const NANOS_PER_MS = 1_000_000

describe.skipIf(requirePart('nats'))('a NATS', () => {
  let nats: Nats
  let connection: NatsConnection
  let manager: JetStreamManager

  beforeAll(async () => {
    nats = await startNats()
    connection = await connect({ servers: nats.url })
    manager = await jetstreamManager(connection)
  })
  afterAll(async () => {
    await connection.close()
    await nats.stop()
  })

  beforeEach(makeStreams)
  afterEach(async () => {
    for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name)
  })

  const configOf = () =>
    parseConfig(
      {
        jwtKey: JWT_KEY,
        kratos: { url: NOWHERE, adminUrl: NOWHERE },
        database: { file: ':memory:' },
        nats: { url: nats.url },
      },
      { env: {} },
    ).config

  /** As the service makes them at its start. */
  async function makeStreams(): Promise<void> {
    const bus = createNatsBus(configOf(), recordLog())
    await bus.prepare([...new Set([...Object.keys(SUBJECTS), ...WORK_QUEUES])])
    await bus.close()
  }

  /** Puts another stream in the place of the one of a subject. */
  async function replaceStream(subject: string, changes: Partial<StreamConfig>): Promise<void> {
    const spec = streamSpec(subject, configOf())
    await manager.streams.delete(spec.name)
    await manager.streams.add({
      name: spec.name,
      subjects: [subject],
      retention: spec.retention === 'workqueue' ? RetentionPolicy.Workqueue : RetentionPolicy.Limits,
      max_age: spec.maxAgeMs * NANOS_PER_MS,
      duplicate_window: spec.duplicateWindowMs * NANOS_PER_MS,
      ...changes,
    })
  }
  const look = () => diagnose({ nats: { url: nats.url } })
  const troubles = async () =>
    (await look()).findings.filter(
      ({ part, state }) => part === 'nats' && (state === 'warn' || state === 'broken'),
    )

  test('with the streams that the service makes has nothing broken', async () => {
    const { stateOf, findings } = await look()
    for (const id of ['connection', 'jetstream', 'payload', 'streams', 'consumers']) {
      expect(stateOf(`nats.${id}`)).toBe('ok')
    }
    expect(stateOf('nats.fsync')).toBe('skipped')
    expect(findings.filter(({ part, state }) => part === 'nats' && state === 'broken')).toEqual([])
  })

  test('without a stream', async () => {
    await manager.streams.delete('payment_success')
    const { find } = await look()
    expect(find('nats.stream-missing')).toMatchObject({
      state: 'warn',
      evidence: { subjects: ['payment.success'] },
    })
  })

  test('with a broad stream of others, which one consumer has to itself', async () => {
    await manager.streams.delete('payment_success')
    await manager.streams.delete('payment_declined')
    await manager.streams.add({
      name: 'payment_GT',
      subjects: ['payment.>'],
      retention: RetentionPolicy.Workqueue,
    })
    const { all } = await look()
    const both = ['payment.success', 'payment.declined'].map((subject) => ({ subject, stream: 'payment_GT' }))
    expect(all('nats.stream-foreign')).toMatchObject(both.map((evidence) => ({ state: 'warn', evidence })))
    expect(all('nats.stream-retention')).toMatchObject(both.map((evidence) => ({ state: 'warn', evidence })))
  })

  test.each<[string, string, Partial<StreamConfig>, string, string]>([
    ['mail that stays', 'mail.send', { retention: RetentionPolicy.Limits }, 'nats.stream-retention', 'warn'],
    [
      'events of interest alone',
      'user.created',
      { retention: RetentionPolicy.Interest },
      'nats.stream-retention',
      'broken',
    ],
    ['mail that ages', 'mail.send', { max_age: 7_200_000 * NANOS_PER_MS }, 'nats.stream-age', 'warn'],
    [
      'repeats that are soon forgotten',
      'mail.send',
      { duplicate_window: 60_000 * NANOS_PER_MS },
      'nats.stream-duplicates',
      'warn',
    ],
    ['memory', 'user.created', { storage: StorageType.Memory }, 'nats.stream-storage', 'warn'],
    ['a limit', 'user.created', { max_msgs: 10 }, 'nats.stream-limit', 'warn'],
    ['no acknowledgements', 'user.created', { no_ack: true }, 'nats.stream-no-ack', 'broken'],
  ])('with %s', async (_, subject, changes, id, state) => {
    await replaceStream(subject, changes)
    expect((await look()).find(id)).toMatchObject({ state, evidence: { stream: subject.replace('.', '_') } })
  })

  test('whose consumer is behind, was never asked, or acknowledges nothing', async () => {
    const js = jetstream(connection)
    const send = (count: number) =>
      Promise.all(Array.from({ length: count }, () => js.publish('user.created')))
    const add = (durable_name: string, more = {}) =>
      manager.consumers.add('user_created', { durable_name, ack_policy: AckPolicy.Explicit, ...more })
    await add('asleep')
    await add('stuck', { max_ack_pending: 5 })
    await add('slow')
    await send(1100)
    const stuck = await js.consumers.get('user_created', 'stuck')
    for await (const _ of await stuck.fetch({ max_messages: 5, expires: 1000 }));
    const slow = await js.consumers.get('user_created', 'slow')
    for await (const message of await slow.fetch({ max_messages: 1, expires: 1000 })) message.ack()
    await connection.flush()

    const { all, find } = await look()
    expect(all('nats.consumer-stuck')).toMatchObject([
      { state: 'warn', evidence: { consumer: 'asleep', pending: 1100 } },
      { state: 'broken', evidence: { consumer: 'stuck', unacknowledged: 5 } },
    ])
    expect(find('nats.consumer-lag')).toMatchObject({ state: 'warn', evidence: { consumer: 'slow' } })
  })

  test('with mail that nobody takes', async () => {
    await jetstream(connection).publish('mail.send', '{}')
    expect((await look()).find('nats.consumer-none')).toMatchObject({
      state: 'warn',
      evidence: { stream: 'mail_send', messages: 1 },
    })
    expect((await troubles()).map(({ id }) => id)).toEqual(['nats.version', 'nats.consumer-none'])
  })

  test('whose monitoring port tells how it writes', async () => {
    const monitor = await startStubUpstream()
    onTestFinished(() => monitor.close())
    const withVarz = async (config: object) => {
      monitor.respond((_, response) => json(response, 200, { jetstream: { config } }))
      return (await diagnose({ nats: { url: nats.url } }, { natsMonitor: monitor.url })).stateOf('nats.fsync')
    }
    expect(await withVarz({ sync_always: true, sync_interval: 120_000_000_000 })).toBe('ok')
    expect(await withVarz({ sync_interval: 120_000_000_000 })).toBe('warn')
    expect(monitor.last().target).toBe('/varz')
  })
})

describe.skipIf(requirePart('nats'))('without JetStream or without an answer', () => {
  test('a NATS that has JetStream off', async () => {
    const nats = await startNats({ jetstream: false })
    onTestFinished(async () => void (await nats.stop()))
    const { stateOf } = await diagnose({ nats: { url: nats.url } })
    expect(stateOf('nats.connection')).toBe('ok')
    expect(stateOf('nats.jetstream')).toBe('broken')
  })

  test('a NATS that is down', async () => {
    const { find } = await diagnose({ nats: { url: `nats://127.0.0.1:${await freePort()}` } })
    expect(find('nats.connection')).toMatchObject({
      state: 'broken',
      message: expect.stringContaining('cannot be reached'),
    })
  })

  test('a NATS that refuses the credentials, which nothing shows', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.write(
        'INFO {"server_id":"x","version":"2.10.0","proto":1,"auth_required":true,"max_payload":1048576}\r\n',
      )
      socket.once('data', () => socket.end("-ERR 'Authorization Violation'\r\n"))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const url = `nats://ada:wrong-password-7k@127.0.0.1:${port}`
    const { find, findings } = await diagnose({ nats: { url } })
    expect(find('nats.connection')).toMatchObject({
      state: 'broken',
      message: expect.stringContaining('refuses the credentials'),
    })
    expect(JSON.stringify(findings)).not.toContain('wrong-password-7k')
  })

  test('no NATS at all', async () => {
    expect((await diagnose({})).stateOf('nats.connection')).toBe('skipped')
  })
})
