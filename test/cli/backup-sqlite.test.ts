import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BackupBucket, startBackupBucket } from '../parts/backup-bucket.ts'
import { startGateway, writeConfig } from '../parts/gateway.ts'
import { sqliteBackupConfig } from '../parts/run-backup.ts'
import { runCli } from '../parts/run-cli.ts'
import { tempDir } from '../parts/temp-dir.ts'

let bucket: BackupBucket

beforeAll(async () => {
  bucket = await startBackupBucket()
})
afterAll(() => bucket.stop())

function makeDatabase(): string {
  const file = join(tempDir('sqlite-backup'), 'auth.sqlite')
  using database = new DatabaseSync(file)
  database.exec(`
    pragma journal_mode = wal;
    create table things (id integer primary key, name text, data blob);
    create trigger doubled after insert on things when new.id < 100
      begin insert into things values (new.id + 100, new.name, null); end;
    insert into things values (1, '\u{1F600}', x'00ff');
  `)
  return file
}

function thingsOf(file: string) {
  using database = new DatabaseSync(file)
  return database.prepare('select id, name, hex(data) as data from things order by id').all()
}

test('a database that is written to is backed up as it was at one moment, and restored in another file', async () => {
  const file = makeDatabase()
  const config = sqliteBackupConfig(bucket, file)
  using writer = new DatabaseSync(file)
  writer.exec("begin; insert into things values (50, 'not committed', null)")
  const { code, stdout, stderr } = await runCli('backup', '--config', config)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^auth {2}backups\/auth\/auth-\d{8}T\d{9}Z\.sqlite\.zst {2}\d+ bytes/)
  writer.exec('rollback')

  const drill = join(dirname(file), 'new', 'drill.sqlite')
  const args = ['--config', config, '--database', 'auth', '--latest', '--into', drill]
  expect(await runCli('load-backup', ...args)).toMatchObject({ code: 0, stderr: '' })
  expect(thingsOf(drill)).toEqual(thingsOf(file))
  using database = new DatabaseSync(drill)
  database.exec("insert into things values (2, 'trigger', null)")
  expect(database.prepare('select name from things where id = 102').get()).toEqual({ name: 'trigger' })
})

test('a file that is not empty is refused, one in use too, and else the former one is kept', async () => {
  const file = makeDatabase()
  const config = sqliteBackupConfig(bucket, file)
  await runCli('backup', '--config', config)
  const args = ['--config', config, '--database', 'auth', '--latest']
  const user = new DatabaseSync(file)
  user.exec("update things set name = 'later'")

  expect((await runCli('load-backup', ...args)).stderr).toMatch(/is not empty: it has 1 tables/)
  expect(await runCli('load-backup', ...args, '--force', '--yes')).toEqual({
    code: 1,
    stdout: '',
    stderr: `authlance: ${file} is in use: stop the server first\n`,
  })
  expect(user.prepare('select distinct name from things').all()).toEqual([{ name: 'later' }])
  user.close()

  const { code, stderr } = await runCli('load-backup', ...args, '--force', '--yes')
  expect(code).toBe(0)
  const former = stderr.match(/^the former file is (.*)\n$/)![1]!
  expect(thingsOf(former)[0]).toMatchObject({ name: 'later' })
  expect(thingsOf(file)[0]).toMatchObject({ name: '\u{1F600}', data: '00FF' })
  expect(readdirSync(dirname(file)).filter((name) => name.includes('arriving'))).toEqual([])
})

test('the database of a running server is restored, and serves again', async () => {
  const file = join(tempDir('sqlite-server'), 'auth.sqlite')
  const kratos = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
  const first = await startGateway({ database: { file }, kratos })
  const config = sqliteBackupConfig(bucket, file)
  expect((await runCli('backup', '--config', config)).code).toBe(0)
  await first.stop()

  const restored = join(dirname(file), 'restored.sqlite')
  const args = ['--config', config, '--database', 'auth', '--latest', '--into', restored]
  expect(await runCli('load-backup', ...args)).toMatchObject({ code: 0, stderr: '' })
  const second = await startGateway({ database: { file: restored }, kratos })
  expect((await fetch(`${second.url}/livez`)).status).toBe(200)
  await second.stop()
  const status = writeConfig({ database: { file: restored }, kratos })
  expect((await runCli('migrate', '--status', '--config', status)).code).toBe(0)
})

test('a file that is not there is not made', async () => {
  const file = join(tempDir('sqlite-backup'), 'absent.sqlite')
  expect(await runCli('backup', '--config', sqliteBackupConfig(bucket, file))).toEqual({
    code: 1,
    stdout: '',
    stderr: `authlance: absent: there is no file ${file}\n`,
  })
  expect(existsSync(file)).toBe(false)
})

test('several files by name', async () => {
  const [auth, kratos] = [makeDatabase(), makeDatabase()]
  const config = writeConfig({
    database: { file: auth },
    kratos: { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' },
    s3Config: bucket.s3Config,
    backup: {
      prefix: '/nightly/',
      databases: [
        { dbname: 'auth', file: auth },
        { dbname: 'kratos', file: kratos },
      ],
    },
  })
  const { stdout } = await runCli('backup', '--config', config, '--json')
  expect(JSON.parse(stdout)).toMatchObject([
    { database: 'auth', key: expect.stringMatching('^nightly/auth/') },
    { database: 'kratos', key: expect.stringMatching('^nightly/kratos/') },
  ])
})
