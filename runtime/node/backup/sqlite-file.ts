import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import type { SqliteSource } from '../../../lib/backup/backup-sources.ts'
import type { DatabaseFacts } from './mysql-database.ts'
import { makeTempDir } from './temp-dir.ts'

/** @throws when there is no such file, or it is no database */
export function lookAtSqlite({ file }: SqliteSource): DatabaseFacts {
  using database = openExisting(file)
  const ours = database.prepare("select 1 from sqlite_master where name = 'kysely_migration'").get()
  const newest = ours && database.prepare('select max(name) as name from kysely_migration').get()
  const { version } = database.prepare('select sqlite_version() as version').get()!
  return { server: `SQLite ${version}`, migration: (newest?.name ?? null) as string | null }
}

/**
 * The database as one file without a log beside it, as it was at one moment; others may write meanwhile.
 * @throws when the copy is damaged
 */
export async function* dumpSqlite({ file }: SqliteSource): AsyncGenerator<Buffer> {
  await using directory = await makeTempDir()
  const copy = join(directory.path, 'copy.sqlite')
  {
    using database = openExisting(file)
    database.prepare('vacuum into ?').run(copy)
  }
  checkSqlite(copy)
  yield* createReadStream(copy)
}

/** @throws when the file is no database, or a damaged one */
export function checkSqlite(file: string): void {
  using database = openExisting(file)
  const { quick_check: found } = database.prepare('pragma quick_check(1)').get()!
  if (found !== 'ok') throw new Error(`the database is damaged: ${found}`)
}

/** How many tables and views the file has; none when there is no file. */
export function countSqliteContents(file: string): number {
  if (!existsSync(file)) return 0
  using database = openExisting(file)
  const { count } = database
    .prepare("select count(*) as count from sqlite_master where type in ('table', 'view')")
    .get()!
  return Number(count)
}

/** Makes the file the whole of the database, with no log beside it. @throws when somebody has it open */
export function claimSqlite(file: string): void {
  using database = openExisting(file, 0)
  try {
    database.exec('pragma journal_mode = delete; begin exclusive; rollback')
  } catch (cause) {
    throw new Error(`${file} is in use: stop the server first`, { cause })
  }
}

/** Opens a file that is there: SQLite would make it otherwise. */
function openExisting(file: string, busyTimeoutMs = 5000): DatabaseSync {
  if (!existsSync(file)) throw new Error(`there is no file ${file}`)
  const url = pathToFileURL(file)
  url.searchParams.set('mode', 'rw')
  const database = new DatabaseSync(url)
  database.exec(`pragma busy_timeout = ${busyTimeoutMs}`)
  return database
}
