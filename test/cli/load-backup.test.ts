import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { zstdCompressSync } from 'node:zlib'
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { migrations } from '../../lib/db/migrations.ts'
import { requirePart } from '../parts/available.ts'
import { type BackupBucket, startBackupBucket } from '../parts/backup-bucket.ts'
import { CLI } from '../parts/gateway.ts'
import { createDatabase, type Database } from '../parts/mariadb.ts'
import { backupConfig, fakeProgram, pathBefore, runCliIn } from '../parts/run-backup.ts'
import { runCli } from '../parts/run-cli.ts'

requirePart('mariadb')

let bucket: BackupBucket
let auth: Database
let config: string
let key: string

beforeAll(async () => {
  bucket = await startBackupBucket()
})
afterAll(() => bucket.stop())

beforeEach(async () => {
  auth = await createDatabase(inject('mariadb')!)
  await query('create table things (id int primary key, name varchar(100))')
  await query("insert into things values (1, 'as it was')")
  config = backupConfig(bucket, [auth])
  key = await backUp()
})

async function backUp(): Promise<string> {
  const { stdout, stderr } = await runCli('backup', '--config', config, '--json')
  expect(stderr).toBe('')
  return JSON.parse(stdout)[0].key
}

async function query(sql: string) {
  const { host, port, user, password, dbname } = auth
  await using connection = await createConnection({ host, port, user, password, database: dbname })
  return (await connection.query(sql))[0] as Record<string, unknown>[]
}

const load = (...args: string[]) =>
  runCli('load-backup', '--config', config, '--database', auth.dbname, ...args)
const things = async () => (await query('select name from things order by id')).map(({ name }) => name)
const empty = () => query('drop table things')

describe('a database that is not empty', () => {
  test('is refused, and stays as it is', async () => {
    await query("update things set name = 'later'")
    const state = `${auth.dbname} is not empty: it has 1 tables, views, routines and events`
    expect(await load('--latest')).toEqual({
      code: 1,
      stdout: '',
      stderr: `authlance: ${state}; --force replaces them\n`,
    })
    expect(await load('--latest', '--force')).toEqual({
      code: 1,
      stdout: '',
      stderr: `authlance: ${state}; --force --yes replaces them without a question\n`,
    })
    expect(await things()).toEqual(['later'])
  })

  test('is replaced as a whole with --force --yes', async () => {
    await query("update things set name = 'later'")
    await query(
      'create table `made.later` (id int primary key, thing int, foreign key (thing) references things (id))',
    )
    await query('create view seen as select * from things')
    await query('create function one() returns int return 1')
    await query('create procedure nothing() begin end')
    await query('create event tidy on schedule every 1 day do delete from things')
    expect(await load('--key', key, '--force', '--yes')).toMatchObject({ code: 0, stderr: '' })
    expect(await things()).toEqual(['as it was'])
    expect(await query('show tables')).toHaveLength(1)
    const counts = `select (select count(*) from information_schema.routines where routine_schema = database()) as routines,
      (select count(*) from information_schema.events where event_schema = database()) as events`
    expect(await query(counts)).toEqual([{ routines: 0, events: 0 }])
  })
})

describe('an object that is not what was dumped is refused before the database is touched', () => {
  test.each<[string, (object: Buffer) => Buffer, RegExp]>([
    ['cut short', (object) => object.subarray(0, object.length / 2), /is damaged: /],
    ['empty', () => Buffer.alloc(0), /is damaged: unexpected end of file/],
    [
      'changed in one bit',
      (object) => {
        object[Math.floor(object.length / 2)]! ^= 1
        return object
      },
      /is damaged: /,
    ],
    ['no zstd at all', () => Buffer.from('drop table things;'), /is damaged: /],
    ['another dump', () => zstdCompressSync('insert into things values (3, "else")'), /is damaged: /],
  ])('%s', async (_, change, complaint) => {
    await bucket.put(key, change(await bucket.get(key)))
    const { code, stdout, stderr } = await load('--key', key, '--force', '--yes')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^authlance: ${key} ${complaint.source}.*\n$`))
    expect(await things()).toEqual(['as it was'])
  })

  test('without its manifest', async () => {
    await bucket.remove(`${key}.json`)
    const { code, stderr } = await load('--key', key, '--force', '--yes')
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `authlance: ${key} is no whole backup: it has no ${key}.json\n`,
    })
    expect(await things()).toEqual(['as it was'])
  })

  test('with a manifest of something else', async () => {
    await bucket.put(`${key}.json`, '{"version":2}')
    const { stderr } = await load('--key', key, '--force', '--yes')
    expect(stderr).toBe(`authlance: ${key}.json is no manifest of this program\n`)
  })

  test('of another database', async () => {
    const former = auth
    auth = await createDatabase(inject('mariadb')!)
    config = backupConfig(bucket, [auth])
    const { code, stderr } = await load('--key', key)
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `authlance: ${key} is a backup of ${former.dbname}, not of ${auth.dbname}\n`,
    })
  })

  test('whose download stops in the middle', async () => {
    bucket.fault((incoming, response) => {
      if (incoming.method !== 'GET' || !incoming.url!.includes('.zst?')) return false
      response.writeHead(200, { 'content-length': '1000' }).write('half')
      setTimeout(() => response.destroy(), 100)
      return true
    })
    const { code, stderr } = await load('--key', key, '--force', '--yes')
    bucket.fault(undefined)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^authlance: .*\n$/)
    expect(await things()).toEqual(['as it was'])
  })
})

test('--latest takes the newest whole backup', async () => {
  await query("insert into things values (2, 'newer')")
  const newer = await backUp()
  await query("insert into things values (3, 'newest')")
  const newest = await backUp()
  await bucket.remove(`${newest}.json`)
  const { stdout } = await load('--list', '--json')
  expect(JSON.parse(stdout).map((backup: { key: string }) => backup.key)).toEqual([newer, key])

  await empty()
  expect(await load('--latest', '--json')).toMatchObject({ code: 0, stderr: '' })
  expect(await things()).toEqual(['as it was', 'newer'])
})

test('backup.keep removes the oldest of the same database alone, and without it nothing goes', async () => {
  const stranger = 'backups/someone-else/old-20200101T000000000Z.sql.zst'
  await bucket.put(stranger, 'x')
  const second = await backUp()
  config = backupConfig(bucket, [auth], { keep: 2 })
  const third = await backUp()
  const folder = `backups/${auth.dbname}/`
  const expected = [second, `${second}.json`, third, `${third}.json`]
  expect((await bucket.keys()).filter((one) => one.startsWith(folder))).toEqual(expected)
  expect(await bucket.keys()).toContain(stranger)
})

test.skipIf(!existsSync('/usr/bin/script')).each([
  ['its name', () => `${auth.dbname}\n`, ['as it was']],
  ['anything else', () => 'yes\n', ['later']],
  ['Ctrl-C', () => '\x03', ['later']],
  ['the end of the input', () => '\x04', ['later']],
])('on a terminal, --force asks for the name of the database: %s', async (_, typed, expected) => {
  await query("update things set name = 'later'")
  const command = [process.execPath, CLI, 'load-backup', '--config', config, '--database', auth.dbname]
  const terminal = spawn('/usr/bin/script', ['-qec', `${command.join(' ')} --latest --force`, '/dev/null'])
  let shown = ''
  terminal.stdout.on('data', (text) => {
    const asked = shown.includes('to replace them: ')
    shown += text
    if (!asked && shown.includes('to replace them: ')) setTimeout(() => terminal.stdin.write(typed()), 200)
  })
  await once(terminal, 'close')
  expect(shown).toContain(expected[0] === 'later' ? 'authlance: nothing was changed' : 'is as it was at')
  expect(await things()).toEqual(expected)
})

test('a load that fails half-way says that the database cannot be used', async () => {
  await empty()
  const directory = fakeProgram(
    'mariadb',
    'head -c 100 > /dev/null; echo "ERROR 1114: The table is full" >&2; exit 1',
  )
  const args = ['load-backup', '--config', config, '--database', auth.dbname, '--latest']
  const { code, stderr } = await runCliIn(pathBefore(directory), ...args)
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'authlance: only a part is loaded, the database cannot be used: ERROR 1114: The table is full\n',
  })
})

test('a server that takes nothing in does not hang the load for ever', async () => {
  await empty()
  config = backupConfig(bucket, [auth], { timeoutMs: 1000 })
  const args = ['load-backup', '--config', config, '--database', auth.dbname, '--latest']
  const { code, stderr } = await runCliIn(pathBefore(fakeProgram('mariadb', 'exec sleep 600')), ...args)
  expect(code).toBe(1)
  expect(stderr).toMatch(/the server took in nothing for 1 s\n$/)
})

test('a dump that gives the client a command has it obeyed no more than any text', async () => {
  const marker = `/tmp/${auth.dbname}`
  const sql = `create table a (id int);\n\\! touch ${marker}\nsystem touch ${marker}\ncreate table b (id int);\n`
  const manifest = JSON.parse((await bucket.get(`${key}.json`)).toString())
  const sha256 = createHash('sha256').update(sql).digest('hex')
  await bucket.put(key, zstdCompressSync(sql))
  await bucket.put(`${key}.json`, JSON.stringify({ ...manifest, bytes: sql.length, sha256 }))
  await empty()
  expect((await load('--key', key)).code).toBe(1)
  expect(existsSync(marker)).toBe(false)
})

test.each([
  [Object.keys(migrations).at(-1), ''],
  ['0001_create_users', 'it is of an older version: `authlance migrate` brings it up to date\n'],
  ['9999_of_tomorrow', 'it was made by a newer version of this program: start that one\n'],
])('after a restore of the database of version %s, what to do is told', async (migration, advice) => {
  await query('create table kysely_migration (name varchar(255), timestamp varchar(255))')
  await query(`insert into kysely_migration values ('${migration}', 'now')`)
  await backUp()
  expect(await load('--latest', '--force', '--yes')).toMatchObject({ code: 0, stderr: advice })
})

test.each([
  [['--list', '--latest'], '--list goes with neither --key nor --latest'],
  [['--latest'], '--database is missing'],
  [['--database', 'a'], 'either --key or --latest is needed'],
  [['--database', 'a', '--key', 'k', '--latest'], 'either --key or --latest is needed'],
])('load-backup %j shows the usage', async (args, mistake) => {
  const { code, stderr } = await runCli('load-backup', ...args)
  expect(code).toBe(2)
  expect(stderr.startsWith(`authlance: ${mistake}\n\n`)).toBe(true)
})
