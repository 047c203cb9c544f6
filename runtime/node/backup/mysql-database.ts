import type { Connection, RowDataPacket } from 'mysql2/promise'
import type { MysqlSource } from '../../../lib/backup/backup-sources.ts'

const MOST_WAIT_MS = 10_000

/** What a manifest says of the database that was dumped. */
export interface DatabaseFacts {
  server: string
  migration: string | null
}

/** Signs in and looks at the database. @throws in the server's words when it cannot be reached or refuses */
export async function lookAtMysql(source: MysqlSource, timeoutMs: number): Promise<DatabaseFacts> {
  return onConnection(source, timeoutMs, async (connection) => {
    const server = await textsOf(connection, 'select version() as text')
    const ours = await textsOf(
      connection,
      "select table_name as text from information_schema.tables where table_schema = database() and table_name = 'kysely_migration'",
    )
    const newest = ours.length
      ? await textsOf(connection, 'select name as text from kysely_migration order by name desc limit 1')
      : []
    return { server: server[0]!, migration: newest[0] ?? null }
  })
}

const CONTENTS = {
  VIEW: "select table_name as text from information_schema.tables where table_schema = database() and table_type = 'VIEW'",
  TABLE:
    "select table_name as text from information_schema.tables where table_schema = database() and table_type <> 'VIEW'",
  PROCEDURE:
    "select routine_name as text from information_schema.routines where routine_schema = database() and routine_type = 'PROCEDURE'",
  FUNCTION:
    "select routine_name as text from information_schema.routines where routine_schema = database() and routine_type = 'FUNCTION'",
  EVENT: 'select event_name as text from information_schema.events where event_schema = database()',
}

/** How many tables, views, routines and events the database has. */
export function countContents(source: MysqlSource, timeoutMs: number): Promise<number> {
  return onConnection(source, timeoutMs, async (connection) => {
    let count = 0
    for (const query of Object.values(CONTENTS)) count += (await textsOf(connection, query)).length
    return count
  })
}

/** Drops every table, view, routine and event. Triggers go with their tables. */
export function emptyDatabase(source: MysqlSource, timeoutMs: number): Promise<void> {
  return onConnection(source, timeoutMs, async (connection, escapeId) => {
    await connection.query('set session foreign_key_checks = 0')
    // A server that is still at work holds its tables: better told soon.
    await connection.query('set session lock_wait_timeout = 10')
    for (const [kind, query] of Object.entries(CONTENTS)) {
      for (const name of await textsOf(connection, query)) {
        await connection.query(`drop ${kind} if exists ${escapeId(name)}`)
      }
    }
  })
}

async function onConnection<T>(
  { host, port, user, password, dbname }: MysqlSource,
  timeoutMs: number,
  work: (connection: Connection, escapeId: (name: string) => string) => Promise<T>,
): Promise<T> {
  const { default: mysql } = await import('mysql2/promise')
  const connection = await mysql.createConnection({
    host,
    port,
    user,
    ...(password !== undefined && { password }),
    database: dbname,
    charset: 'utf8mb4_bin',
    connectTimeout: Math.min(MOST_WAIT_MS, timeoutMs),
  })
  try {
    return await work(connection, (name) => mysql.escapeId(name, true))
  } finally {
    connection.destroy()
  }
}

async function textsOf(connection: Connection, sql: string): Promise<string[]> {
  const [rows] = await connection.query<RowDataPacket[]>({ sql, timeout: MOST_WAIT_MS })
  return rows.map(({ text }) => text)
}
