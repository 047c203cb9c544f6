/** What went wrong in the database, in the terms that callers act on. */
export type DatabaseFailure = 'unique_violation' | 'conflict' | 'unavailable' | 'other'

const UNAVAILABLE =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|PROTOCOL_CONNECTION_LOST|PROTOCOL_ENQUEUE_AFTER_\w+|ER_CON_COUNT_ERROR|ER_SERVER_SHUTDOWN|ER_ACCESS_DENIED_ERROR|ER_BAD_DB_ERROR|ER_DBACCESS_DENIED_ERROR|ER_CONNECTION_KILLED|POOL_CLOSED)$/

/**
 * Classifies what mysql2, `node:sqlite` or PlanetScale threw.
 * `conflict` is a deadlock, a lock wait timeout or a busy file: the transaction may be run again.
 */
export function databaseFailure(error: unknown): DatabaseFailure {
  if (!(error instanceof Error)) return 'other'
  const { code, errno, errcode } = error as { code?: unknown; errno?: unknown; errcode?: unknown }
  const number = typeof errno === 'number' ? errno : Number(/errno (\d+)/.exec(error.message)?.[1] ?? 0)

  if (number === 1062 || errcode === 2067 || errcode === 1555) return 'unique_violation'
  if (number === 1213 || number === 1205 || number === 1020) return 'conflict'
  if (typeof errcode === 'number' && [5, 6].includes(errcode & 0xff)) return 'conflict'
  if (typeof errcode === 'number' && [10, 13, 14, 26].includes(errcode & 0xff)) return 'unavailable'
  if (typeof code === 'string' && UNAVAILABLE.test(code)) return 'unavailable'
  if (number === 1290 || number === 1053 || number === 1040) return 'unavailable'
  if (
    isPlanetScaleOutage(error) ||
    /connection is in closed state|Pool is closed|Queue limit reached|database is not open|driver has already been destroyed/i.test(
      error.message,
    )
  ) {
    return 'unavailable'
  }
  return 'other'
}

function isPlanetScaleOutage(error: Error): boolean {
  if (error.name === 'DatabaseError') {
    const { status, body } = error as { status?: number; body?: { code?: string } }
    return (status ?? 200) >= 500 || body?.code === 'UNAVAILABLE'
  }
  return error instanceof TypeError && /fetch failed|network/i.test(error.message)
}
