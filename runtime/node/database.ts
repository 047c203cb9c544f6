import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { Kysely, type LogEvent, SqliteDialect } from 'kysely'
import type { Config } from '../../lib/config.ts'
import type { Database } from '../../lib/db/tables.ts'
import { mysqlDialect, type PoolOptions } from './mysql-dialect.ts'

export interface OpenDatabase {
  db: Kysely<Database>
  close(): Promise<void>
}

export interface DatabaseHooks {
  /** Called after each statement. */
  onQuery?: (event: LogEvent) => void
}

export interface DatabaseOptions extends DatabaseHooks, PoolOptions {
  /** For a look at SQLite that leaves no trace; the file must be there. MySQL is opened as ever. */
  readOnly?: boolean
}

/** Opens the configured database: SQLite when `database.file` is set, else MySQL or MariaDB. Connects on first use. */
export function openDatabase(
  { database }: Pick<Config, 'database'>,
  { onQuery, readOnly = false, ...options }: DatabaseOptions = {},
): OpenDatabase {
  const dialect = database.file ? sqliteDialect(database.file, readOnly) : mysqlDialect(database, options)
  const db = new Kysely<Database>({ dialect, ...(onQuery && { log: onQuery }) })
  return { db, close: () => db.destroy() }
}

/** Connections apart from those of `shared`, for work that must not wait for them or hold them. SQLite has one for everything. */
export function openBeside(
  shared: Kysely<Database>,
  config: Pick<Config, 'database'>,
  options: DatabaseOptions,
): OpenDatabase {
  if (config.database.file) return { db: shared, close: async () => undefined }
  return openDatabase(config, options)
}

/** SQLite through `node:sqlite`; `:memory:` keeps everything in this process. */
export function sqliteDialect(file: string, readOnly = false): SqliteDialect {
  const database = readOnly && file !== ':memory:' ? openToRead(file) : openToWrite(file)
  return new SqliteDialect({ database: kyselySqlite(database) })
}

function openToWrite(file: string): DatabaseSync {
  if (file !== ':memory:') {
    mkdirSync(dirname(file), { recursive: true })
    // It holds sessions and codes. SQLite gives the files beside it the same mode.
    closeSync(openSync(file, 'a', 0o600))
  }
  const database = new DatabaseSync(file)
  database.exec(
    'pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000; pragma foreign_keys = on',
  )
  return database
}

/** Where nobody has the file open there is no log beside it, and a reader would make one and leave it, unless told that nothing changes. */
function openToRead(file: string): DatabaseSync {
  const url = pathToFileURL(file)
  if (!existsSync(`${file}-wal`)) url.searchParams.set('immutable', '1')
  const database = new DatabaseSync(url, { readOnly: true })
  database.exec('pragma busy_timeout = 5000')
  return database
}

/** Gives `node:sqlite` the shape of better-sqlite3 that Kysely's dialect drives. */
function kyselySqlite(database: DatabaseSync) {
  type Row = ReturnType<StatementSync['all']>
  const bind = (values: readonly unknown[]) => values.map(sqliteValue)
  const prepare = (query: string) => {
    const statement = database.prepare(query)
    return {
      reader: statement.columns().length > 0,
      all: (values: readonly unknown[]): Row => statement.all(...bind(values)),
      run: (values: readonly unknown[]) => statement.run(...bind(values)),
      // A statement that is under way must not be begun again, so this takes one of its own.
      iterate: (values: readonly unknown[]) => database.prepare(query).iterate(...bind(values)),
    }
  }
  return { close: () => database.close(), prepare: keepSome(MAX_STATEMENTS, prepare) }
}

/** Preparing a statement costs more than most of them take to run. */
const MAX_STATEMENTS = 200

/** Remembers what `make` gave for up to `max` texts, then begins anew. */
function keepSome<T>(max: number, make: (text: string) => T): (text: string) => T {
  const kept = new Map<string, T>()
  return (text) => {
    const known = kept.get(text)
    if (known) return known
    if (kept.size === max) kept.clear()
    const made = make(text)
    kept.set(text, made)
    return made
  }
}

type SqliteValue = null | number | bigint | string | Uint8Array

function sqliteValue(value: unknown): SqliteValue {
  if (typeof value === 'boolean') return value ? 1 : 0
  return (value ?? null) as SqliteValue
}
