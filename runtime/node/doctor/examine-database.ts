import { closeSync, constants, existsSync, openSync, readSync, statSync } from 'node:fs'
import { type Kysely, sql } from 'kysely'
import type { Config } from '../../../lib/config.ts'
import { DatabaseNewerError, migrationState } from '../../../lib/db/migrate.ts'
import type { Database } from '../../../lib/db/tables.ts'
import { reasonOf } from '../../../lib/doctor/examine-parts.ts'
import { type Finding, judgeOf } from '../../../lib/doctor/finding.ts'
import { judgeClock } from '../../../lib/doctor/judge-clock.ts'
import { judgeDatabaseAway, judgeLatency, judgeMigrations } from '../../../lib/doctor/judge-database.ts'
import { judgeMysql } from '../../../lib/doctor/judge-mysql.ts'
import { judgeSqlite } from '../../../lib/doctor/judge-sqlite.ts'
import { openDatabase } from '../database.ts'
import { hasAccess } from '../has-access.ts'
import { measureClock, readMysqlFacts } from './mysql-facts.ts'
import { nearestDirectory } from './nearest-directory.ts'

const { ok, warn, skipped } = judgeOf('database')

/** The database that a configuration names, without a trace in it. */
export async function* examineDatabase(config: Config): AsyncGenerator<Finding> {
  const { file, host } = config.database
  if (file === ':memory:') {
    yield warn(
      'connection',
      'the database is kept in memory, and ends with the process',
      'set database.file or database.host',
    )
  } else if (file) {
    yield* examineSqlite(config, file)
  } else if (host) {
    yield* examineMysql(config)
  } else {
    yield skipped(
      'connection',
      'PlanetScale is for the edge; the service itself cannot use it',
      'set database.host, or look at it from there',
    )
  }
}

async function* examineMysql(config: Config): AsyncGenerator<Finding> {
  const { db, close } = openDatabase(config, { poolSize: 1 })
  try {
    try {
      await sql`select 1`.execute(db)
    } catch (error) {
      yield judgeDatabaseAway((error as { code?: string }).code ?? '', reasonOf(error))
      return
    }
    yield ok('connection', 'the database answers')
    const { skewMs, latencyMs } = await measureClock(db)
    yield judgeLatency(latencyMs)
    yield judgeClock('database', { skewMs, of: 'the database', exactToMs: latencyMs })
    const needs = { poolSize: config.database.poolSize, bodyBytes: config.limits.webhookBytes }
    yield* judgeMysql(await readMysqlFacts(db), needs)
    yield await examineMigrations(db, config)
  } finally {
    // One that was never reached cannot be closed in order either.
    await close().catch(() => undefined)
  }
}

async function examineMigrations(db: Kysely<Database>, { migrateOnStart }: Config): Promise<Finding> {
  try {
    const { pending } = await migrationState(db)
    return judgeMigrations({ pending, migrateOnStart })
  } catch (error) {
    if (!(error instanceof DatabaseNewerError)) throw error
    return judgeMigrations({ pending: [], unknown: error.message, migrateOnStart })
  }
}

/** A check reads the whole file, and nothing else happens meanwhile. */
const MAX_CHECKED_BYTES = 512 * 1024 * 1024

async function* examineSqlite(config: Config, file: string): AsyncGenerator<Finding> {
  const exists = existsSync(file)
  const directory = nearestDirectory(file)
  const writable =
    statSync(directory).isDirectory() &&
    hasAccess(directory, constants.W_OK) &&
    (!exists || hasAccess(file, constants.W_OK))
  if (!exists) {
    yield* judgeSqlite({ file, exists, writable })
    return
  }

  const journalMode = readJournalMode(file)
  const small = statSync(file).size <= MAX_CHECKED_BYTES
  const integrity = small ? await quickCheck(config) : undefined
  yield* judgeSqlite({ file, exists, writable, journalMode, ...(integrity !== undefined && { integrity }) })
  if (small && integrity !== 'ok') return
  const { db, close } = openDatabase(config, { readOnly: true })
  try {
    yield await examineMigrations(db, config)
  } finally {
    await close()
  }
}

async function quickCheck(config: Config): Promise<string> {
  try {
    const { db, close } = openDatabase(config, { readOnly: true })
    try {
      const { rows } = await sql<{ quick_check: string }>`pragma quick_check(1)`.execute(db)
      return rows[0]?.quick_check ?? 'no answer'
    } finally {
      await close()
    }
  } catch (error) {
    return reasonOf(error)
  }
}

/** From the file's header, since the pragma tells what the connection uses. @see https://www.sqlite.org/fileformat2.html */
function readJournalMode(file: string): string {
  const header = Buffer.alloc(20)
  const descriptor = openSync(file, 'r')
  try {
    readSync(descriptor, header, 0, header.length, 0)
  } finally {
    closeSync(descriptor)
  }
  return header[18] === 1 ? 'a rollback journal' : 'wal'
}
