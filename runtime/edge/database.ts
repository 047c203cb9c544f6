import { type Config as ClientConfig, cast } from '@planetscale/database'
import { type Dialect, Kysely } from 'kysely'
import { PlanetScaleDialect } from 'kysely-planetscale'
import type { Config } from '../../lib/config.ts'
import type { Database } from '../../lib/db/tables.ts'

/**
 * PlanetScale over HTTP: each statement is a call of its own, a transaction is one session of them.
 * Made anew for each request, since workerd lets no request wait for the I/O of another.
 */
export function openPlanetScale({ database }: Pick<Config, 'database'>): Kysely<Database> {
  const { url, host, username, password } = database.planetscale ?? {}
  return new Kysely<Database>({
    dialect: readCommitted(
      new PlanetScaleDialect({ url, host, username, password, cast: castNumbers, fetch: fetchDatabase }),
    ),
  })
}

const TIMEOUT_MS = 10_000

/** Gives every failed call the one code by which a database that is away is known: each runtime words it differently. */
const fetchDatabase: ClientConfig['fetch'] = async (url, init) => {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) } as RequestInit)
  } catch (cause) {
    const lost = { code: 'ECONNREFUSED', fatal: true }
    throw Object.assign(new Error('PlanetScale cannot be reached', { cause }), lost)
  }
}

/** Ids and times fit a number; the driver's own cast makes text of every 64-bit integer. */
const castNumbers: ClientConfig['cast'] = (field, value) =>
  value !== null && (field.type === 'INT64' || field.type === 'UINT64') ? Number(value) : cast(field, value)

/** The isolation level that our statements are written for, as on Node: no gap locks, and reads that see what others committed. */
function readCommitted(dialect: Dialect): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createDriver() {
      const driver = dialect.createDriver()
      const begin = driver.beginTransaction.bind(driver)
      driver.beginTransaction = (connection, settings) =>
        begin(connection, { isolationLevel: 'read committed', ...settings })
      return driver
    },
  }
}
