import { randomUUID } from 'node:crypto'
import type { QueryError, ResultSetHeader, RowDataPacket } from 'mysql2'
import type { Pool, PoolConnection } from 'mysql2/promise'
import {
  type WireError,
  type WireResult,
  wireAborted,
  wireChange,
  wireError,
  wireRows,
} from './planetscale-wire.ts'

/** Handed to the client and back with each call; what it says is trusted, since only tests call. */
export interface Session {
  id: string
  /** Set while the session has a connection of its own. */
  reserved: boolean
}

export interface Answer {
  session: Session
  result?: WireResult
  error?: WireError
  /** In seconds. */
  timing: number
}

/** A session's own connection, from BEGIN (or SET) to the end of its transaction. */
interface Reserved {
  connection: PoolConnection
  /** A SET may have changed it, so that nobody else may have it afterwards. */
  altered: boolean
  timer: NodeJS.Timeout
}

/**
 * Runs statements for sessions: any free connection and autocommit outside of a transaction, one connection within,
 * rolled back when it has lasted too long.
 */
export function createSessions(pool: Pool, dbname: string, transactionTimeoutMs: number) {
  const reserved = new Map<string, Reserved>()

  async function execute(query: string, session: Session = newSession()): Promise<Answer> {
    const startedAt = performance.now()
    const outcome = await run(query, session).catch((error: QueryError) => ({
      error: session.reserved && !reserved.has(session.id) ? timedOut(session) : wireError(error, dbname),
    }))
    return {
      session: { ...session, reserved: reserved.has(session.id) },
      ...outcome,
      timing: (performance.now() - startedAt) / 1000,
    }
  }

  async function run(
    query: string,
    session: Session,
  ): Promise<{ result: WireResult } | { error: WireError }> {
    const verb = /^\s*(\w+)/.exec(query)?.[1]?.toUpperCase() ?? ''
    const ends = verb === 'COMMIT' || verb === 'ROLLBACK'
    if (session.reserved && !reserved.has(session.id) && verb !== 'ROLLBACK')
      return { error: timedOut(session) }
    if (['BEGIN', 'START', 'SET'].includes(verb)) await reserve(session.id, verb === 'SET')

    const own = reserved.get(session.id)
    if (!own) return { result: ends ? {} : await runOn(pool, query) }
    try {
      return { result: await runOn(own.connection, query) }
    } finally {
      if (ends) release(session.id, own.altered)
    }
  }

  async function reserve(id: string, altered: boolean): Promise<void> {
    const present = reserved.get(id)
    if (present) {
      present.altered ||= altered
      return
    }
    const connection = await pool.getConnection()
    const timer = setTimeout(() => release(id, true), transactionTimeoutMs)
    reserved.set(id, { connection, altered, timer })
  }

  /** Gives the connection back, or cuts it, which rolls back. */
  function release(id: string, cut: boolean): void {
    const own = reserved.get(id)
    if (!own) return
    reserved.delete(id)
    clearTimeout(own.timer)
    if (cut) own.connection.destroy()
    else own.connection.release()
  }

  function timedOut({ id }: Session): WireError {
    return wireAborted(`transaction ${id}: ended (exceeded timeout: ${transactionTimeoutMs}ms)`, dbname)
  }

  return {
    execute,
    close() {
      for (const id of [...reserved.keys()]) release(id, true)
    },
  }
}

export function newSession(): Session {
  return { id: randomUUID(), reserved: false }
}

async function runOn(connection: Pool | PoolConnection, sql: string): Promise<WireResult> {
  const typeCast = (field: { buffer(): Buffer | null }) => field.buffer()
  const [rows, fields] = await connection.query<RowDataPacket[][] | ResultSetHeader>({
    sql,
    rowsAsArray: true,
    typeCast,
  })
  return Array.isArray(rows)
    ? wireRows(fields, rows as unknown as Array<Array<Buffer | null>>)
    : wireChange(rows)
}
