import { describe, expect, test } from 'vitest'
import { judgeDatabaseAway, judgeLatency, judgeMigrations } from '../../../lib/doctor/judge-database.ts'
import { judgeMysql, type MysqlFacts } from '../../../lib/doctor/judge-mysql.ts'
import { judgeOutbox, judgeStripeEvents } from '../../../lib/doctor/judge-queues.ts'
import { judgeSqlite } from '../../../lib/doctor/judge-sqlite.ts'

const FACTS: MysqlFacts = {
  version: '8.0.36',
  variables: {
    max_connections: '151',
    sql_mode: 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES',
    read_only: 'OFF',
    super_read_only: 'OFF',
    innodb_flush_log_at_trx_commit: '1',
    max_allowed_packet: '67108864',
  },
  connections: 3,
  charset: 'utf8mb4',
  collation: 'utf8mb4_bin',
  foreignTables: [],
}
const NEEDS = { poolSize: 10, bodyBytes: 1_048_576 }
const troubles = (facts: Partial<MysqlFacts>, needs = NEEDS) =>
  judgeMysql({ ...FACTS, ...facts }, needs)
    .filter(({ state }) => state !== 'ok')
    .map(({ id, state }) => `${state} ${id}`)
const withVariable = (name: string, value: string) => ({ variables: { ...FACTS.variables, [name]: value } })

describe('a MySQL', () => {
  test('as it should be', () => {
    expect(troubles({})).toEqual([])
    expect(troubles({ version: '10.11.6-MariaDB-0+deb12u1' })).toEqual([])
    expect(troubles({ version: '5.5.5-10.6.1-MariaDB' })).toEqual([])
  })

  test.each<[string, Partial<MysqlFacts>, string]>([
    ['MySQL 5.7', { version: '5.7.44-log' }, 'broken database.version'],
    ['MariaDB 10.5', { version: '10.5.9-MariaDB' }, 'broken database.version'],
    ['latin1', { charset: 'latin1' }, 'broken database.charset'],
    ['utf8mb3', { charset: 'utf8mb3' }, 'broken database.charset'],
    [
      'a table of others',
      { foreignTables: [{ name: 'x', collation: 'latin1_swedish_ci', engine: 'MyISAM' }] },
      'broken database.tables',
    ],
    ['too few connections', withVariable('max_connections', '10'), 'broken database.connections'],
    ['few connections', withVariable('max_connections', '30'), 'warn database.connections'],
    ['a replica', withVariable('read_only', 'ON'), 'broken database.read-only'],
    ['a lax sql_mode', withVariable('sql_mode', ''), 'warn database.sql-mode'],
    ['lazy commits', withVariable('innodb_flush_log_at_trx_commit', '2'), 'warn database.durability'],
    ['small packets', withVariable('max_allowed_packet', '1048576'), 'warn database.packet'],
  ])('%s', (_, facts, expected) => {
    expect(troubles(facts)).toEqual([expected])
  })
})

test.each([
  ['ER_ACCESS_DENIED_ERROR', 'the server refuses the user or the password'],
  ['ER_BAD_DB_ERROR', 'the server has no such database'],
  ['ER_DBACCESS_DENIED_ERROR', 'the user may not use the database'],
  ['ENOTFOUND', 'the host of the database has no address'],
  ['ECONNREFUSED', 'the database cannot be reached: why'],
])('%s says what to mend', (code, message) => {
  expect(judgeDatabaseAway(code, 'why')).toMatchObject({
    id: 'database.connection',
    state: 'broken',
    message,
  })
})

test('the way to the database', () => {
  expect(judgeLatency(0.4)).toMatchObject({ id: 'database.latency', state: 'ok' })
  expect(judgeLatency(35)).toMatchObject({ id: 'database.latency', state: 'warn' })
})

test.each([
  [{ pending: [], migrateOnStart: true }, 'ok'],
  [{ pending: ['0034_x'], migrateOnStart: true }, 'warn'],
  [{ pending: ['0034_x'], migrateOnStart: false }, 'broken'],
  [{ pending: [], unknown: 'the database is newer', migrateOnStart: true }, 'broken'],
])('migrations %j: %s', (facts, state) => {
  expect(judgeMigrations(facts)).toMatchObject({ id: 'database.migrations', state })
})

describe('a SQLite file', () => {
  const FILE = {
    file: '/data/auth.sqlite',
    exists: true,
    writable: true,
    journalMode: 'wal',
    integrity: 'ok',
  }
  test.each([
    [{}, []],
    [{ writable: false }, ['broken database.writable']],
    [{ journalMode: 'delete' }, ['warn database.journal']],
    [{ integrity: '*** in database main ***' }, ['broken database.integrity']],
    [{ integrity: undefined }, ['skipped database.integrity']],
    [{ exists: false }, ['warn database.connection']],
    [{ exists: false, writable: false }, ['broken database.writable']],
  ])('%j', (facts, expected) => {
    const found = judgeSqlite({ ...FILE, ...facts } as Parameters<typeof judgeSqlite>[0])
    expect(found.filter(({ state }) => state !== 'ok').map(({ id, state }) => `${state} ${id}`)).toEqual(
      expected,
    )
  })
})

const MINUTE = 60_000
test.each([
  [{ pending: 0, oldestPendingAgeMs: 0, dead: 0, refusedMails: 0 }, ['ok', 'ok', 'ok']],
  [{ pending: 3, oldestPendingAgeMs: 2 * MINUTE, dead: 0, refusedMails: 1 }, ['warn', 'ok', 'warn']],
  [{ pending: 3, oldestPendingAgeMs: 16 * MINUTE, dead: 2, refusedMails: 0 }, ['broken', 'warn', 'ok']],
])('an outbox with %j', (facts, states) => {
  expect(judgeOutbox(facts)).toMatchObject([
    { id: 'outbox.pending', state: states[0] },
    { id: 'outbox.dead', state: states[1] },
    { id: 'outbox.mail-refused', state: states[2] },
  ])
})

test.each([
  [{ pending: 1, oldestPendingAgeMs: 2 * MINUTE, dead: 0 }, ['ok', 'ok']],
  [{ pending: 3, oldestPendingAgeMs: 10 * MINUTE, dead: 1 }, ['warn', 'warn']],
  [{ pending: 3, oldestPendingAgeMs: 61 * MINUTE, dead: 0 }, ['broken', 'ok']],
])('events of Stripe with %j', (facts, states) => {
  expect(judgeStripeEvents(facts)).toMatchObject([
    { id: 'outbox.stripe-pending', state: states[0] },
    { id: 'outbox.stripe-dead', state: states[1] },
  ])
})
