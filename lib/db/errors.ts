/** What went wrong in the database, in the terms that callers act on. */
export type DatabaseFailure = 'unique_violation' | 'conflict' | 'unavailable' | 'other'

/** What ended a connection, or kept it from being made. Other sockets fail with the same codes: only our drivers add `fatal`. */
const LOST =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|PROTOCOL_CONNECTION_LOST|PROTOCOL_ENQUEUE_AFTER_\w+)$/

/** Sentences of pools, connections and files that were closed, or that take no more callers. */
const CLOSED =
  /connection is in closed state|Pool is closed|Queue limit reached|database is not open|driver has already been destroyed/i

/** Errors of a server that cannot work just now, or not for us. @see https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html */
const UNAVAILABLE = new Set([
  1021, // disk full
  1040, // too many connections
  1041, // out of memory
  1044, // database access denied
  1045, // access denied
  1049, // unknown database
  1053, // server shutdown
  1114, // table full
  1129, // host blocked
  1203, // too many connections of this user
  1226, // resource limit of this user
  1290, // read-only option
  1317, // query interrupted
  1836, // read-only mode
  1927, // connection killed (MariaDB)
])

/**
 * Classifies what mysql2, `node:sqlite` or PlanetScale threw.
 * `conflict` is a deadlock, a lock wait timeout or a busy file: the transaction may be run again.
 */
export function databaseFailure(error: unknown): DatabaseFailure {
  if (!(error instanceof Error)) return 'other'
  const number = serverErrorOf(error)
  if (number === 1062) return 'unique_violation'
  if (number === 1213 || number === 1205 || number === 1020) return 'conflict'
  if (UNAVAILABLE.has(number)) return 'unavailable'

  const { code, errcode, fatal } = error as { code?: unknown; errcode?: unknown; fatal?: unknown }
  if (typeof errcode === 'number') return sqliteFailure(errcode)
  if (fatal === true && typeof code === 'string' && LOST.test(code)) return 'unavailable'
  return isPlanetScaleOutage(error) || CLOSED.test(error.message) ? 'unavailable' : 'other'
}

/** The number of an error that MySQL itself gave; 0 for any other. PlanetScale gives it in the message alone. */
function serverErrorOf(error: Error): number {
  const { errno } = error as { errno?: unknown }
  if (typeof errno === 'number') return errno
  return error.name === 'DatabaseError' ? Number(/errno (\d+)/.exec(error.message)?.[1] ?? 0) : 0
}

/** @see https://sqlite.org/rescode.html */
function sqliteFailure(errcode: number): DatabaseFailure {
  if (errcode === 2067 || errcode === 1555) return 'unique_violation'
  const primary = errcode & 0xff
  if (primary === 5 || primary === 6) return 'conflict'
  return [8, 10, 13, 14, 26].includes(primary) ? 'unavailable' : 'other'
}

function isPlanetScaleOutage(error: Error): boolean {
  if (error.name !== 'DatabaseError') return false
  const { status, body } = error as { status?: number; body?: { code?: string } }
  return (status ?? 200) >= 500 || body?.code === 'UNAVAILABLE'
}
