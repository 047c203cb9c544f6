import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseConfig } from '../../../lib/config.ts'
import { databaseFailure } from '../../../lib/db/errors.ts'
import { type OpenDatabase, openDatabase } from '../../../runtime/node/database.ts'
import { requirePart } from '../../parts/available.ts'
import { JWT_KEY } from '../../parts/gateway.ts'
import { type Database, type MariaDb, startMariaDb } from '../../parts/mariadb.ts'

const TIMEOUT_MS = 400
const NOWHERE = 'http://127.0.0.1:9'

let mariadb: MariaDb
let database: Database

function open(settings: object = {}): OpenDatabase {
  const file = {
    jwtKey: JWT_KEY,
    kratos: { url: NOWHERE, adminUrl: NOWHERE },
    database: { ...database, poolSize: 2, timeoutMs: TIMEOUT_MS, ...settings },
  }
  return openDatabase(parseConfig(file, { env: {} }).config)
}

/** What a promise was rejected with, and after how long. */
async function failureOf(work: Promise<unknown>) {
  const startedAt = performance.now()
  const error = await work.then(
    () => undefined,
    (error: Error & { code?: string }) => error,
  )
  return { code: error?.code, failure: databaseFailure(error), afterMs: performance.now() - startedAt }
}

async function hang(): Promise<void> {
  process.kill(mariadb.pid, 'SIGSTOP')
  // Its threads stop one after the other.
  await sleep(100)
}

const select = ({ db }: OpenDatabase) => sql`select 1`.execute(db)

describe.skipIf(requirePart('mariadb'))('a database that hangs', () => {
  let pool: OpenDatabase
  beforeAll(async () => {
    mariadb = await startMariaDb()
    database = await mariadb.createDatabase()
  })
  afterAll(() => mariadb.stop())
  beforeEach(async () => {
    pool = open()
    await Promise.all([select(pool), select(pool)])
  })
  afterEach(async () => {
    process.kill(mariadb.pid, 'SIGCONT')
    await pool.close()
  })

  it('fails each statement as a timeout within the limit, and serves again once it goes on', async () => {
    await hang()
    const failures = await Promise.all(Array.from({ length: 6 }, () => failureOf(select(pool))))
    for (const { code, failure, afterMs } of failures) {
      expect([code, failure]).toEqual(['ETIMEDOUT', 'unavailable'])
      expect(afterMs).toBeLessThan(3 * TIMEOUT_MS)
    }

    process.kill(mariadb.pid, 'SIGCONT')
    await expect.poll(() => failureOf(select(pool)), { timeout: 5000 }).toMatchObject({ code: undefined })
    const { rows } = await sql<{ n: number }>`select 41 + 1 as n`.execute(pool.db)
    expect(rows).toEqual([{ n: 42 }])
  })

  it('fails a transaction that it hangs in, and none of it stays', async () => {
    await sql`create table hung (n integer) engine = InnoDB`.execute(pool.db)
    const work = pool.db.transaction().execute(async (trx) => {
      await sql`insert into hung values (1)`.execute(trx)
      await hang()
      await sql`insert into hung values (2)`.execute(trx)
    })
    const { failure, afterMs } = await failureOf(work)
    expect(failure).toBe('unavailable')
    expect(afterMs).toBeLessThan(3 * TIMEOUT_MS)

    process.kill(mariadb.pid, 'SIGCONT')
    const count = async () => (await sql<{ n: number }>`select n from hung`.execute(pool.db)).rows.length
    await expect.poll(() => count().catch(() => undefined), { timeout: 5000 }).toBe(0)
  })

  it('lets no statement that takes too long stay on its connection', async () => {
    const { code, failure } = await failureOf(sql`select sleep(2)`.execute(pool.db))
    expect([code, failure]).toEqual(['ETIMEDOUT', 'unavailable'])
    const { rows } = await sql<{ n: number }>`select 7 as n`.execute(pool.db)
    expect(rows).toEqual([{ n: 7 }])
  })

  it('lets nobody wait for a connection beyond the limit, nor in a queue without end', async () => {
    const release = Promise.withResolvers<void>()
    const holders = [1, 2].map(() => pool.db.connection().execute(() => release.promise))
    const waiting = Promise.all(Array.from({ length: 600 }, () => failureOf(select(pool))))
    const failures = await waiting
    release.resolve()
    await Promise.all(holders)

    expect(new Set(failures.map(({ failure }) => failure))).toEqual(new Set(['unavailable']))
    expect(Math.max(...failures.map(({ afterMs }) => afterMs))).toBeLessThan(3 * TIMEOUT_MS)
    const atOnce = failures.filter(({ afterMs }) => afterMs < TIMEOUT_MS / 2)
    expect(atOnce).toHaveLength(200)
    await select(pool)
  })
})
