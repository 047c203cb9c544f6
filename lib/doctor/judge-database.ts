import { type Finding, judgeOf } from './finding.ts'

const { ok, warn, broken } = judgeOf('database')

/** Why no connection came to be. @param code of the driver or the system */
export function judgeDatabaseAway(code: string, reason: string): Finding {
  const evidence = { code }
  switch (code) {
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR':
      return broken(
        'connection',
        'the server refuses the user or the password',
        'mend database.user and database.password',
        evidence,
      )
    case 'ER_DBACCESS_DENIED_ERROR':
      return broken(
        'connection',
        'the user may not use the database',
        'grant it all privileges on database.dbname',
        evidence,
      )
    case 'ER_BAD_DB_ERROR':
      return broken(
        'connection',
        'the server has no such database',
        'create it with character set utf8mb4, or mend database.dbname',
        evidence,
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return broken(
        'connection',
        'the host of the database has no address',
        'mend database.host or the name server',
        evidence,
      )
    default:
      return broken(
        'connection',
        `the database cannot be reached: ${reason}`,
        'start it, and mend database.host and database.port',
        evidence,
      )
  }
}

/** Milliseconds; slower than that, and a request with its statements is felt. */
const SLOW_MS = 20

export function judgeLatency(latencyMs: number): Finding {
  const rounded = Math.round(latencyMs * 10) / 10
  const evidence = { latencyMs: rounded }
  return latencyMs > SLOW_MS
    ? warn(
        'latency',
        `one statement takes ${rounded} ms to the database and back`,
        'run the service near its database',
        evidence,
      )
    : ok('latency', `one statement takes ${rounded} ms`, evidence)
}

export interface MigrationFacts {
  pending: readonly string[]
  /** Applied ones that this program does not know. */
  unknown?: string
  migrateOnStart: boolean
}

export function judgeMigrations({ pending, unknown, migrateOnStart }: MigrationFacts): Finding {
  if (unknown) return broken('migrations', unknown, 'start the newer version of this program')
  if (pending.length === 0) return ok('migrations', 'the schema is what this program needs')
  const sentence = `${pending.length} migrations are pending, from ${pending[0]} on`
  const evidence = { pending }
  return migrateOnStart
    ? warn(
        'migrations',
        `${sentence}: the next start applies them`,
        'run `authlance migrate`, or start the service',
        evidence,
      )
    : broken('migrations', `${sentence}, and migrateOnStart is off`, 'run `authlance migrate`', evidence)
}
