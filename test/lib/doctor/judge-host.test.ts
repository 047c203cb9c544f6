import { describe, expect, test } from 'vitest'
import { judgeClock } from '../../../lib/doctor/judge-clock.ts'
import { judgeDisk, judgeMachine } from '../../../lib/doctor/judge-host.ts'
import { judgeInternalHost, judgePort, judgePortPair } from '../../../lib/doctor/judge-ports.ts'

const MB = 1024 * 1024

test.each([
  [100, 10_000, 'broken'],
  [900, 10_000, 'warn'],
  [3000, 100_000, 'warn'],
  [20_000, 100_000, 'ok'],
])('%i MB free of %i MB: %s', (free, total, state) => {
  const room = { use: 'the database', path: '/data', freeBytes: free * MB, totalBytes: total * MB }
  expect(judgeDisk(room)).toMatchObject({ id: 'host.disk', state })
})

test('a file system without inodes left is full', () => {
  const room = { use: 'x', path: '/', freeBytes: 9000 * MB, totalBytes: 10_000 * MB, freeInodes: 0 }
  expect(judgeDisk(room).state).toBe('broken')
})

test.each([
  [0, 'ok', '8192 MB of memory'],
  [128 * MB, 'warn', '128 MB of memory (limit of the container) are little'],
  [1024 * MB, 'ok', '1024 MB of memory (limit of the container)'],
  [Number.MAX_SAFE_INTEGER, 'ok', '8192 MB of memory'],
])('a limit of %i bytes: %s', (memoryLimitBytes, state, message) => {
  const machine = { memoryBytes: 8192 * MB, memoryLimitBytes, cores: 4, nodeVersion: '24.0.0' }
  expect(judgeMachine(machine)).toMatchObject([
    { id: 'host.memory', state, message },
    { id: 'host.cores', state: 'ok', message: '4 cores, Node 24.0.0' },
  ])
})

test.each([
  [900, 'ok'],
  [-2900, 'ok'],
  [5000, 'warn'],
  [-5000, 'warn'],
  [45_000, 'broken'],
])('a clock that is off by %i ms, told to the second: %s', (skewMs, state) => {
  expect(judgeClock('kratos', { skewMs, of: 'Kratos', exactToMs: 1000 })).toMatchObject({
    id: 'kratos.clock',
    state,
  })
})

describe('ports', () => {
  test.each([
    [{ kind: 'free' }, 'ok'],
    [{ kind: 'ours' }, 'ok'],
    [{ kind: 'taken' }, 'broken'],
    [{ kind: 'refused', code: 'EACCES' }, 'broken'],
  ] as const)('%j: %s', (state, expected) => {
    expect(judgePort('api', 'port', '0.0.0.0:80', state)).toMatchObject({ id: 'ports.api', state: expected })
  })

  test('both listeners on one port', () => {
    expect(judgePortPair(8000, 8000)).toMatchObject([{ id: 'ports.internal', state: 'broken' }])
    expect([...judgePortPair(0, 0), ...judgePortPair(8000, 8001)]).toEqual([])
  })

  test.each([
    ['127.0.0.1', ['203.0.113.9'], 'ok'],
    ['10.1.2.3', ['203.0.113.9'], 'ok'],
    ['fd00::1', [], 'ok'],
    ['localhost', ['203.0.113.9'], 'ok'],
    ['0.0.0.0', ['127.0.0.1', '172.17.0.2'], 'ok'],
    ['0.0.0.0', ['127.0.0.1', '203.0.113.9'], 'warn'],
    ['::', ['::1', '2001:db8::1'], 'warn'],
    ['203.0.113.9', [], 'warn'],
  ])('the internal port at %s on a host with %j: %s', (host, addresses, state) => {
    expect(judgeInternalHost(host, addresses)).toMatchObject({ id: 'ports.internal-host', state })
  })
})
