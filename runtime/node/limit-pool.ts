import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult } from 'kysely'

type Answer = (error: unknown, result: MysqlQueryResult) => void

/**
 * A pool that waits no longer than the limit for a connection, nor for the answer to a statement; then it fails with `ETIMEDOUT`.
 * A statement that is late takes its connection with it, since the answer may still come: the server rolls back what was not
 * committed, but whether a late commit took place is unknown.
 */
export function limitPool(pool: MysqlPool, timeoutMs: number): MysqlPool {
  // Kysely keeps what it knows of a connection by its identity.
  const limited = new WeakMap<MysqlPoolConnection, MysqlPoolConnection>()
  function limit(connection: MysqlPoolConnection): MysqlPoolConnection {
    const known = limited.get(connection)
    if (known) return known
    const made = limitConnection(connection, timeoutMs)
    limited.set(connection, made)
    return made
  }

  return {
    getConnection(callback) {
      let late = false
      const timer = setTimeout(() => {
        late = true
        callback(timedOut('no connection to the database'), undefined as never)
      }, timeoutMs)
      pool.getConnection((error, connection) => {
        clearTimeout(timer)
        if (late) connection?.release()
        else callback(error, error ? (undefined as never) : limit(connection))
      })
    },
    end: (callback) => pool.end(callback),
  }
}

function limitConnection(connection: MysqlPoolConnection, timeoutMs: number): MysqlPoolConnection {
  let timeout: Error | undefined
  return {
    config: connection.config,
    threadId: connection.threadId,
    connect: (callback) => connection.connect(callback),
    destroy: () => destroy(connection),
    release: () => connection.release(),
    query(statement: string, parameters: unknown, callback?: Answer) {
      if (!callback) return connection.query(statement, parameters)
      const timer = setTimeout(() => {
        timeout = timedOut('no answer from the database')
        destroy(connection)
        callback(timeout, [])
      }, timeoutMs)
      return connection.query(statement, parameters, (error, result) => {
        clearTimeout(timer)
        // What follows on the same connection, such as a rollback, fails for the same reason.
        callback(error && (timeout ?? error), result)
      })
    },
  }
}

/** Takes the connection out of the pool. The driver alone would keep the socket until the other side ends it too. */
function destroy(connection: MysqlPoolConnection): void {
  connection.destroy()
  const { stream } = connection as MysqlPoolConnection & { stream: { destroy(): void } }
  stream.destroy()
}

function timedOut(message: string): Error {
  return Object.assign(new Error(`${message} in time`), { code: 'ETIMEDOUT', fatal: true })
}
