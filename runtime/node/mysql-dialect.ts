import { MysqlDialect, type MysqlPool } from 'kysely'
import type { Config } from '../../lib/config.ts'
import { limitPool } from './limit-pool.ts'

/** Callers that may wait for each connection; more are refused at once. */
const WAITING_PER_CONNECTION = 200

export interface PoolOptions {
  /** Default: as configured. */
  poolSize?: number
  /** Statements may take as long as they need, and no caller is refused. */
  patient?: boolean
}

/** MySQL or MariaDB; connects on first use. */
export function mysqlDialect(database: Config['database'], options: PoolOptions): MysqlDialect {
  return new MysqlDialect({ pool: () => openPool(database, options) })
}

/** Loads the driver on first use: it is the largest part of the program, and SQLite starts sooner without. */
async function openPool(
  database: Config['database'],
  { poolSize = database.poolSize, patient = false }: PoolOptions,
): Promise<MysqlPool> {
  // The bundle gives a CommonJS module its default export alone.
  const { default: mysql } = await import('mysql2')
  const { timeoutMs } = database
  const pool = mysql.createPool({
    host: database.host!,
    port: database.port,
    user: database.user!,
    ...(database.password !== undefined && { password: database.password }),
    database: database.dbname!,
    connectionLimit: poolSize,
    queueLimit: patient ? 0 : poolSize * WAITING_PER_CONNECTION,
    connectTimeout: timeoutMs,
    enableKeepAlive: true,
    charset: 'utf8mb4_bin',
    supportBigNumbers: true,
  })
  // Read committed: no gap locks, so that the relay's claims and new rows do not wait for each other.
  pool.on('connection', (connection) => {
    connection.query('set session transaction isolation level read committed')
    // Short, since who waits for a row holds a connection that others need.
    connection.query('set session innodb_lock_wait_timeout = 2')
  })
  return patient ? pool : limitPool(pool, timeoutMs)
}
