import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { type BackupBucket, type Fault, startBackupBucket } from '../parts/backup-bucket.ts'
import { writeConfig } from '../parts/gateway.ts'
import { createDatabase, type Database } from '../parts/mariadb.ts'
import { backupConfig, fakeProgram, pathBefore, runCliIn, startCli } from '../parts/run-backup.ts'
import { runCli } from '../parts/run-cli.ts'
import { tempDir } from '../parts/temp-dir.ts'

requirePart('mariadb')

let bucket: BackupBucket
let large: Database
let small: Database

beforeAll(async () => {
  bucket = await startBackupBucket()
  large = await createDatabase(inject('mariadb')!)
  small = await createDatabase(inject('mariadb')!)
  await query(large, 'create table noise (id int primary key, data blob)')
  await query(large, 'insert into noise select seq, random_bytes(1000) from seq_1_to_40000')
  await query(small, 'create table things (id int primary key)')
})
afterEach(async () => {
  bucket.fault(undefined)
  bucket.forgetUploads()
  for (const key of await bucket.keys()) await bucket.remove(key)
})
afterAll(() => bucket.stop())

async function query({ host, port, user, password, dbname }: Database, sql: string) {
  await using connection = await createConnection({ host, port, user, password, database: dbname })
  return (await connection.query(sql))[0]
}

async function expectOnlySmall() {
  expect(await bucket.keys()).toEqual([
    expect.stringMatching(`^backups/${small.dbname}/`),
    expect.stringMatching(`^backups/${small.dbname}/.*json$`),
  ])
  expect(bucket.openUploads()).toBe(0)
}

describe('a dump that does not come to its end leaves nothing that looks whole, and the others are made', () => {
  test.each([
    [
      'killed in the middle',
      '"$REAL" "$@" 2>/dev/null | head -c 60000000; kill -9 $$',
      'mariadb-dump ended with SIGKILL',
    ],
    ['ended early with 0 bytes and a complaint', 'echo "disk is full" >&2; exit 2', 'disk is full'],
    ['that ends with 3 after the whole dump', '"$REAL" "$@"; exit 3', 'mariadb-dump ended with 3'],
  ])('%s', async (_, script, complaint) => {
    const only = `case "$*" in *${small.dbname}*) exec "$REAL" "$@";; esac\n${script}`
    const config = backupConfig(bucket, [large, small])
    const { code, stdout, stderr } = await runCliIn(
      pathBefore(fakeProgram('mariadb-dump', only)),
      'backup',
      '--config',
      config,
    )
    expect({ code, stderr }).toEqual({ code: 1, stderr: `authlance: ${large.dbname}: ${complaint}\n` })
    expect(stdout).toMatch(new RegExp(`^${small.dbname}  backups/`))
    await expectOnlySmall()
  })

  test('its connection killed by the server', async () => {
    const dripping: Fault = (incoming) => {
      if (!incoming.url?.includes('partNumber')) return false
      incoming.pause()
      setTimeout(() => incoming.resume(), 1500)
      return false
    }
    bucket.fault(dripping)
    const running = startCli(['backup', '--config', backupConfig(bucket, [large, small])])
    await running.waitForProbe(async () => (await killConnections()) > 0)
    expect((await running.exit).code).toBe(1)
    expect(running.stderr()).toMatch(
      new RegExp(`^authlance: ${large.dbname}: mariadb-dump: Error 2013: .*\n$`),
    )
    await expectOnlySmall()
  })

  async function killConnections(): Promise<number> {
    const rows = (await query(
      large,
      `select id from information_schema.processlist where db = '${large.dbname}' and info like '%SQL_NO_CACHE%noise%' and id <> connection_id()`,
    )) as { id: number }[]
    for (const { id } of rows) await query(large, `kill ${id}`)
    return rows.length
  }

  test('nothing from the server', async () => {
    const config = backupConfig(bucket, [large, small], { timeoutMs: 1000 })
    const only = `case "$*" in *${small.dbname}*) exec "$REAL" "$@";; esac\nexec sleep 600`
    const running = await runCliIn(
      pathBefore(fakeProgram('mariadb-dump', only)),
      'backup',
      '--config',
      config,
    )
    expect(running).toMatchObject({
      code: 1,
      stderr: `authlance: ${large.dbname}: the dump did not go on for 1 s\n`,
    })
    await expectOnlySmall()
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)('ended by %s', async (signal) => {
    const held: Fault = (incoming) => incoming.url?.includes('partNumber=2') === true
    bucket.fault(held)
    const running = startCli([
      'backup',
      '--config',
      backupConfig(bucket, [large, small], { timeoutMs: 60_000 }),
    ])
    await running.waitForProbe(async () => bucket.openUploads() > 0)
    await sleep(300)
    const asked = Date.now()
    process.kill(running.pid, signal)
    await running.exit
    expect(Date.now() - asked).toBeLessThan(15_000)
    expect(await bucket.keys()).toEqual([])
    if (signal === 'SIGKILL') return
    expect(bucket.openUploads()).toBe(0)
    expect(running.stderr()).toBe(
      `authlance: ${large.dbname}: interrupted\nauthlance: ${small.dbname}: interrupted\n`,
    )
  })
})

describe('an object store that', () => {
  const onPart =
    (number: number, act: Fault): Fault =>
    (incoming, response) =>
      incoming.url?.includes(`partNumber=${number}&`) ? act(incoming, response) : false

  test.each<[string, Fault, RegExp]>([
    [
      'refuses in the middle',
      onPart(2, (incoming, response) => {
        incoming.resume()
        response.writeHead(403, { 'content-type': 'application/xml' })
        response.end('<Error><Code>AccessDenied</Code><Message>Not for you</Message></Error>')
        return true
      }),
      /s3: AccessDenied: Not for you/,
    ],
    [
      'hangs up in the middle',
      onPart(2, (incoming) => {
        incoming.destroy()
        return true
      }),
      /s3: (socket hang up|(read|write) (ECONNRESET|EPIPE))/,
    ],
    ['keeps silent in the middle', onPart(2, () => true), /s3: TimeoutError: .*1000 ms/],
    [
      'cannot complete the upload',
      (incoming, response) => {
        if (incoming.method !== 'POST' || !incoming.url?.includes('uploadId=')) return false
        incoming.resume()
        response.writeHead(500).end()
        return true
      },
      /s3: /,
    ],
  ])('%s has no part of the backup', async (what, fault, complaint) => {
    bucket.fault(fault)
    // On a busy machine others may say nothing for a second, too.
    const timeoutMs = what.startsWith('keeps silent') ? 1000 : 20_000
    const config = backupConfig(bucket, [large, small], { timeoutMs })
    const { code, stdout, stderr } = await runCli('backup', '--config', config)
    expect(code).toBe(1)
    expect(stderr).toMatch(new RegExp(`^authlance: ${large.dbname}: ${complaint.source}.*\n$`))
    expect(stdout).toMatch(new RegExp(`^${small.dbname}  backups/`))
    await expectOnlySmall()
  })

  test('is away is told in a line for each database', async () => {
    const s3Config = { ...bucket.s3Config, endpoint: 'http://127.0.0.1:9' }
    const { code, stdout, stderr } = await runCli('backup', '--config', backupConfig({ s3Config }, [small]))
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe(`authlance: ${small.dbname}: s3: connect ECONNREFUSED 127.0.0.1:9\n`)
  })

  test('has no such bucket says so', async () => {
    const s3Config = { ...bucket.s3Config, secondaryBucket: 'nowhere' }
    const { stderr } = await runCli('backup', '--config', backupConfig({ s3Config }, [small]))
    expect(stderr).toMatch(new RegExp(`^authlance: ${small.dbname}: s3: NoSuchBucket: .*\n$`))
  })
})

describe('what cannot be dumped is told in a line without a secret', () => {
  const WRONG = 'a-wrong-password-of-the-tests'

  test('wrong credentials', async () => {
    const databases = [{ dbname: small.dbname, password: WRONG }]
    const { code, stdout, stderr } = await runCli(
      'backup',
      '--config',
      backupConfig(bucket, [large], { databases }),
    )
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^authlance: ${small.dbname}: Access denied for user .*\n$`))
    for (const secret of [WRONG, large.password, bucket.s3Config.secret, bucket.s3Config.key])
      expect(stderr).not.toContain(secret)
  })

  test('a program that repeats its password is not quoted', async () => {
    const directory = fakeProgram('mariadb-dump', 'echo "the password is $MYSQL_PWD" >&2; exit 2')
    const { stderr } = await runCliIn(
      pathBefore(directory),
      'backup',
      '--config',
      backupConfig(bucket, [small]),
    )
    expect(stderr).toBe(`authlance: ${small.dbname}: the password is [redacted]\n`)
  })

  test('the dump sees no variable of ours, and no command line shows the password', async () => {
    const script = 'echo "$*" "$(env | cut -d= -f1 | sort | tr \'\\n\' \' \')" >&2; exit 2'
    const env = { ...pathBefore(fakeProgram('mariadb-dump', script)), HOME: '/root', MYSQL_HOST: 'elsewhere' }
    const { stderr } = await runCliIn(env, 'backup', '--config', backupConfig(bucket, [small]))
    expect(stderr).toContain(': --no-defaults --protocol=TCP ')
    expect(stderr).not.toContain(small.password)
    expect(stderr).toMatch(/ MYSQL_PWD ([A-Z_]*PWD )?PATH (PWD )?(_ )?\n$/)
    expect(stderr).not.toMatch(/HOME|MYSQL_HOST/)
  })

  test('a missing program', async () => {
    const env = { PATH: tempDir('empty') }
    const { stderr } = await runCliIn(env, 'backup', '--config', backupConfig(bucket, [small]))
    expect(stderr).toBe(
      `authlance: ${small.dbname}: neither mariadb-dump nor mysqldump is installed, or not in PATH\n`,
    )
  })

  test('a server that takes the connection and keeps silent', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const databases = [{ dbname: 'kratos', port }]
    const { code, stderr } = await runCli(
      'backup',
      '--config',
      backupConfig(bucket, [small], { databases, timeoutMs: 500 }),
    )
    silent.close()
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'authlance: kratos: connect ETIMEDOUT\n' })
  })

  test('PlanetScale', async () => {
    const planetscale = { host: 'db.example.com', username: 'u', password: 'planet-password' }
    const kratos = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
    const config = writeConfig({ database: { planetscale }, kratos, s3Config: bucket.s3Config })
    const { code, stderr } = await runCli('backup', '--config', config)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^authlance: planetscale: PlanetScale keeps backups of its own; .*\n$/)
  })

  test('no bucket configured', async () => {
    const s3Config = { ...bucket.s3Config, secondaryBucket: '' }
    const { code, stderr } = await runCli('backup', '--config', backupConfig({ s3Config }, [small]))
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'authlance: s3Config.secondaryBucket is not configured\n',
    })
  })
})
