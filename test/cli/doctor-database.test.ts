import { openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { createConnection } from 'mysql2/promise'
import { describe, expect, inject, test } from 'vitest'
import { parseConfig } from '../../lib/config.ts'
import { migrate } from '../../lib/db/migrate.ts'
import { migrations } from '../../lib/db/migrations.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { requirePart } from '../parts/available.ts'
import { diagnose, NOWHERE } from '../parts/diagnose.ts'
import { freePort } from '../parts/free-port.ts'
import { JWT_KEY } from '../parts/gateway.ts'
import { createDatabase, type Database } from '../parts/mariadb.ts'
import { tempDir } from '../parts/temp-dir.ts'

function configOf(database: object) {
  const keys = { jwtKey: JWT_KEY, kratos: { url: NOWHERE, adminUrl: NOWHERE }, database }
  return parseConfig(keys, { env: {} }).config
}

/** Brings a database up to date, then changes what a test wants broken. */
async function prepared(database: object, ...statements: string[]): Promise<void> {
  const config = configOf(database)
  const { db, close } = openDatabase(config)
  await migrate(db, config)
  for (const statement of statements) await sql.raw(statement).execute(db)
  await close()
}

const LAST = Object.keys(migrations).at(-1)!
const FORGET_LAST = `delete from kysely_migration where name = '${LAST}'`

const event = (id: string, state: string, createdAt: number, subject = 'user.created') =>
  `insert into event_outbox (id, subject, schema_version, payload, state, created_at)
   values ('${id}', '${subject}', 1, '{}', '${state}', ${createdAt})`
const stripeEvent = (id: string, state: string, receivedAt: number) =>
  `insert into stripe_events (id, type, created_at, livemode, state, received_at)
   values ('${id}', 'invoice.paid', ${receivedAt}, 0, '${state}', ${receivedAt})`

describe.skipIf(requirePart('mariadb'))('a MariaDB', () => {
  const make = () => createDatabase(inject('mariadb')!)
  async function query(database: Database, statement: string): Promise<void> {
    const { host, port, user, password, dbname } = database
    await using connection = await createConnection({ host, port, user, password, database: dbname })
    await connection.query(statement)
  }

  test('that is up to date has nothing broken', async () => {
    const database = await make()
    await prepared(database)
    const { findings, stateOf } = await diagnose({ database })
    const own = findings.filter(({ part }) => part === 'database' || part === 'outbox')
    expect(own.filter(({ state }) => state !== 'ok')).toEqual([])
    expect(own.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['database.version', 'database.clock', 'database.latency', 'database.sql-mode']),
    )
    expect(stateOf('database.migrations')).toBe('ok')
  })

  test('with another character set, and a table of it', async () => {
    const database = await make()
    await prepared(database, `alter database ${database.dbname} character set latin1`)
    await query(database, 'create table old_things (name text) engine=MyISAM character set latin1')
    const { stateOf, find } = await diagnose({ database })
    expect(stateOf('database.charset')).toBe('broken')
    expect(find('database.tables')).toMatchObject({ state: 'broken', evidence: { tables: ['old_things'] } })
  })

  test('with pending migrations, which the start applies or does not', async () => {
    const database = await make()
    await prepared(database, FORGET_LAST)
    expect((await diagnose({ database })).find('database.migrations')).toMatchObject({ state: 'warn' })
    const { stateOf } = await diagnose({ database, migrateOnStart: false })
    expect(stateOf('database.migrations')).toBe('broken')
    expect(stateOf('outbox.pending')).toBe('skipped')
  })

  test('of a newer program', async () => {
    const database = await make()
    await prepared(
      database,
      "insert into kysely_migration (name, timestamp) values ('9999_from_the_future', 'now')",
    )
    const { find } = await diagnose({ database })
    expect(find('database.migrations')).toMatchObject({
      state: 'broken',
      message: expect.stringContaining('9999'),
    })
  })

  test('with a wrong password, which nothing shows', async () => {
    const password = 'an-entirely-wrong-one-8f3k'
    const { find, findings, stateOf } = await diagnose({ database: { ...(await make()), password } })
    expect(find('database.connection')).toMatchObject({
      state: 'broken',
      evidence: { code: 'ER_ACCESS_DENIED_ERROR' },
    })
    expect(stateOf('outbox.pending')).toBe('skipped')
    expect(JSON.stringify(findings)).not.toContain(password)
  })

  test('that lacks the database, and one that is down', async () => {
    const database = await make()
    const { find } = await diagnose({ database: { ...database, dbname: 'no_such_database' } })
    expect(find('database.connection')).toMatchObject({
      state: 'broken',
      evidence: { code: 'ER_BAD_DB_ERROR' },
    })
    const down = await diagnose({ database: { ...database, port: await freePort() } })
    expect(down.find('database.connection')).toMatchObject({
      state: 'broken',
      evidence: { code: 'ECONNREFUSED' },
    })
  })

  test('that allows fewer connections than the pool wants', async () => {
    const { stateOf } = await diagnose({ database: { ...(await make()), poolSize: 1000 } })
    expect(stateOf('database.connections')).toBe('broken')
  })

  test('whose outbox stands, with dead letters of both kinds', async () => {
    const database = await make()
    const old = Date.now() - 3_600_000 * 2
    await prepared(
      database,
      event('event-1', 'pending', old),
      event('event-2', 'dead', old),
      event('mail-1', 'dead', old, 'mail.send.refused'),
      stripeEvent('evt_1', 'pending', old),
      stripeEvent('evt_2', 'dead', old),
    )
    const { stateOf, find } = await diagnose({ database })
    expect(stateOf('outbox.pending')).toBe('broken')
    expect(find('outbox.dead')).toMatchObject({ state: 'warn', evidence: { dead: 1 } })
    expect(find('outbox.mail-refused')).toMatchObject({ state: 'warn', evidence: { refusedMails: 1 } })
    expect(stateOf('outbox.stripe-pending')).toBe('broken')
    expect(find('outbox.stripe-dead')).toMatchObject({ state: 'warn', evidence: { dead: 1 } })
  })
})

describe('a SQLite file', () => {
  const fileIn = (name = 'auth.sqlite') => join(tempDir('doctor'), name)

  test('that is up to date has nothing broken, and is left as it was', async () => {
    const file = fileIn()
    await prepared({ file })
    const before = { bytes: readFileSync(file), at: statSync(file).mtimeMs }
    const { findings, stateOf } = await diagnose({ database: { file } })
    const own = findings.filter(({ part }) => part === 'database' || part === 'outbox')
    expect(own.filter(({ state }) => state !== 'ok')).toEqual([])
    expect(
      ['database.integrity', 'database.journal', 'database.migrations', 'outbox.dead'].map(stateOf),
    ).toEqual(Array(4).fill('ok'))
    expect({ bytes: readFileSync(file), at: statSync(file).mtimeMs }).toEqual(before)
  })

  test('that is not there yet', async () => {
    const { stateOf } = await diagnose({ database: { file: fileIn('below/auth.sqlite') } })
    expect(stateOf('database.connection')).toBe('warn')
    expect(stateOf('database.writable')).toBe('ok')
    expect(stateOf('outbox.pending')).toBe('skipped')
  })

  test('below a file in place of a directory', async () => {
    const file = fileIn()
    writeFileSync(file, '')
    const { stateOf } = await diagnose({ database: { file: join(file, 'auth.sqlite') } })
    expect(stateOf('database.writable')).toBe('broken')
  })

  test('that is damaged, in its middle or from its first byte on', async () => {
    const file = fileIn()
    await prepared({ file })
    const descriptor = openSync(file, 'r+')
    writeSync(descriptor, Buffer.alloc(3 * 4096, 0xa5), 0, 3 * 4096, 4096)
    expect((await diagnose({ database: { file } })).stateOf('database.integrity')).toBe('broken')

    const other = fileIn()
    writeFileSync(other, 'this is no database at all, whatever its name says'.repeat(100))
    const { stateOf } = await diagnose({ database: { file: other } })
    expect(stateOf('database.integrity')).toBe('broken')
    expect(stateOf('outbox.pending')).toBe('skipped')
  })

  test('in another journal mode', async () => {
    const file = fileIn()
    await prepared({ file }, 'pragma journal_mode = delete')
    expect((await diagnose({ database: { file } })).stateOf('database.journal')).toBe('warn')
  })

  test('with pending migrations', async () => {
    const file = fileIn()
    await prepared({ file }, FORGET_LAST)
    expect((await diagnose({ database: { file } })).stateOf('database.migrations')).toBe('warn')
  })
})

test('what a configuration keeps in memory, or at PlanetScale, is told', async () => {
  expect((await diagnose({})).stateOf('database.connection')).toBe('warn')
  const planetscale = { url: 'https://user:pass@aws.connect.psdb.cloud/db' }
  expect((await diagnose({ database: { planetscale } })).stateOf('database.connection')).toBe('skipped')
})
