import { DatabaseSync } from 'node:sqlite'
import type { Config } from '../../../lib/config.ts'

type Target = Pick<Config['database'], 'file' | 'host' | 'port' | 'user' | 'password' | 'dbname' | 'poolSize'>

/** One connection pool of the product's size on MariaDB; on SQLite as durable as the product writes. */
export async function openInsert(
  database: Target,
  statements: { create: string; insert: string },
): Promise<(values: (string | number)[]) => Promise<unknown> | unknown> {
  if (database.file) {
    const sqlite = new DatabaseSync(database.file)
    sqlite.exec('pragma journal_mode = wal; pragma synchronous = full')
    sqlite.exec(statements.create)
    const prepared = sqlite.prepare(statements.insert)
    return (values) => prepared.run(...values)
  }
  // The bundle gives a CommonJS module its default export alone.
  const { default: mysql } = await import('mysql2')
  const { host, port, user, password, dbname, poolSize } = database
  const pool = mysql.createPool({ host, port, user, password, database: dbname, connectionLimit: poolSize })
  const promised = pool.promise()
  await promised.query(statements.create)
  return (values) => promised.query(statements.insert, values)
}
