import { DatabaseSync } from 'node:sqlite'
import type { Config } from '../../../lib/config.ts'

export type ReadRows = (sid: string) => Promise<unknown[]> | unknown[]

export interface ReaderSettings {
  database: Pick<Config['database'], 'file' | 'host' | 'port' | 'user' | 'password' | 'dbname' | 'poolSize'>
  /** The statement by which the product reads a session. */
  statement: string
}

/** Runs the product's own statement on the bare driver: prepared once on SQLite, through a pool of the same size on MariaDB. */
export async function openSessionReader({ database, statement }: ReaderSettings): Promise<ReadRows> {
  if (database.file) {
    const prepared = new DatabaseSync(database.file).prepare(statement)
    return (sid) => prepared.all(sid)
  }
  // The bundle gives a CommonJS module its default export alone.
  const { default: mysql } = await import('mysql2')
  const { host, port, user, password, dbname, poolSize } = database
  const pool = mysql.createPool({ host, port, user, password, database: dbname, connectionLimit: poolSize })
  const promised = pool.promise()
  return async (sid) => {
    const [rows] = await promised.query(statement, [sid])
    return rows as unknown[]
  }
}
