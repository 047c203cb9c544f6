import { describe, expect, test } from 'vitest'
import type { Finding } from '../../../lib/doctor/finding.ts'
import { type ConsumerFacts, judgeConsumers } from '../../../lib/doctor/judge-consumers.ts'
import { judgeFsync, judgeNats, judgeNatsAway } from '../../../lib/doctor/judge-nats.ts'
import { judgeStreams, type StreamFacts } from '../../../lib/doctor/judge-streams.ts'
import type { StreamSpec } from '../../../lib/events/streams.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const MAIL: StreamSpec = {
  name: 'mail_send',
  subject: 'mail.send',
  retention: 'workqueue',
  maxAgeMs: 0,
  duplicateWindowMs: 60 * MINUTE,
}
const PAID: StreamSpec = {
  name: 'payment_success',
  subject: 'payment.success',
  retention: 'limits',
  maxAgeMs: 30 * DAY,
  duplicateWindowMs: 2 * MINUTE,
}

const streamOf = (spec: StreamSpec, changes: Partial<StreamFacts> = {}): StreamFacts => ({
  ...spec,
  subjects: [spec.subject],
  storage: 'file',
  discard: 'old',
  maxMessages: -1,
  maxBytes: -1,
  replicas: 1,
  noAck: false,
  ...changes,
})
const troubles = (found: Finding[]) =>
  found.filter(({ state }) => state !== 'ok').map(({ id, state }) => `${state} ${id}`)
const judge = (spec: StreamSpec, changes: Partial<StreamFacts>, clustered = false) =>
  troubles(judgeStreams([{ spec, streams: [streamOf(spec, changes)] }], { clustered }))

describe('the streams', () => {
  test('as the service makes them', () => {
    expect(judge(MAIL, {})).toEqual([])
    expect(judge(PAID, {})).toEqual([])
    expect(judge(PAID, { replicas: 3 }, true)).toEqual([])
  })

  test.each<[string, StreamSpec, Partial<StreamFacts>, string[]]>([
    [
      'a broad stream of others',
      PAID,
      { name: 'payment_GT', subjects: ['payment.>'] },
      ['warn nats.stream-foreign'],
    ],
    ['mail that stays', MAIL, { retention: 'limits' }, ['warn nats.stream-retention']],
    ['one consumer for events', PAID, { retention: 'workqueue' }, ['warn nats.stream-retention']],
    ['events without a consumer vanish', PAID, { retention: 'interest' }, ['broken nats.stream-retention']],
    ['mail that ages', MAIL, { maxAgeMs: DAY }, ['warn nats.stream-age']],
    ['events that age early', PAID, { maxAgeMs: DAY }, ['warn nats.stream-age']],
    ['events that never age', PAID, { maxAgeMs: 0 }, []],
    ['a short window of repeats', MAIL, { duplicateWindowMs: 2 * MINUTE }, ['warn nats.stream-duplicates']],
    ['memory', PAID, { storage: 'memory' }, ['warn nats.stream-storage']],
    ['a limit of messages', PAID, { maxMessages: 10 }, ['warn nats.stream-limit']],
    ['no acknowledgements', PAID, { noAck: true }, ['broken nats.stream-no-ack']],
  ])('%s', (_, spec, changes, expected) => {
    expect(judge(spec, changes)).toEqual(expected)
  })

  test('one copy in a cluster', () => {
    expect(judge(PAID, { replicas: 1 }, true)).toEqual(['warn nats.stream-replicas'])
  })

  test('missing ones are named together', () => {
    const found = judgeStreams(
      [MAIL, PAID].map((spec) => ({ spec, streams: [] })),
      { clustered: false },
    )
    expect(found).toMatchObject([
      { id: 'nats.stream-missing', state: 'warn', evidence: { subjects: ['mail.send', 'payment.success'] } },
    ])
  })
})

describe('the consumers', () => {
  const CONSUMER: ConsumerFacts = {
    stream: 's',
    name: 'c',
    pending: 0,
    unacknowledged: 0,
    maxUnacknowledged: 1000,
    attended: true,
    idleMs: 10,
  }
  test.each<[string, Partial<ConsumerFacts>, string[]]>([
    ['keeps up', {}, []],
    ['has a little to do', { pending: 900 }, []],
    ['is behind', { pending: 1001 }, ['warn nats.consumer-lag']],
    ['was never asked', { pending: 1, attended: false, idleMs: undefined }, ['warn nats.consumer-stuck']],
    [
      'was asked long ago',
      { pending: 1, attended: false, idleMs: 11 * MINUTE },
      ['warn nats.consumer-stuck'],
    ],
    ['is between two fetches', { pending: 1, attended: false, idleMs: MINUTE }, []],
    ['acknowledges nothing', { unacknowledged: 1000 }, ['broken nats.consumer-stuck']],
  ])('one that %s', (_, changes, expected) => {
    expect(troubles(judgeConsumers([{ ...CONSUMER, ...changes } as ConsumerFacts], []))).toEqual(expected)
  })

  test('a queue that nobody takes from', () => {
    expect(troubles(judgeConsumers([], [{ stream: 'mail_send', messages: 4 }]))).toEqual([
      'warn nats.consumer-none',
    ])
  })
})

describe('the server', () => {
  const FACTS = { version: '2.10.14', jetstream: true, maxPayloadBytes: 1_048_576 }
  test.each([
    [{}, []],
    [{ version: '2.9.10' }, ['warn nats.version']],
    [{ jetstream: false }, ['broken nats.jetstream']],
    [{ maxPayloadBytes: 65_536 }, ['warn nats.payload']],
  ])('with %j', (changes, expected) => {
    expect(troubles(judgeNats({ ...FACTS, ...changes }, 1_048_576))).toEqual(expected)
  })

  test('refuses, or is away', () => {
    expect(judgeNatsAway('refused', 'x').message).toContain('refuses the credentials')
    expect(judgeNatsAway('away', 'x').message).toContain('cannot be reached')
  })

  test.each([
    [undefined, 'skipped'],
    [{ syncAlways: true }, 'ok'],
    [{}, 'warn'],
    [{ syncIntervalNs: 10_000_000_000 }, 'warn'],
  ])('writes to disk: %j is %s', (monitor, state) => {
    expect(judgeFsync(monitor)).toMatchObject({ id: 'nats.fsync', state })
  })
})
