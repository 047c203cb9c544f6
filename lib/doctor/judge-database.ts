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

/** What a MySQL or MariaDB says of itself. */
export interface MysqlFacts {
  version: string
  variables: Readonly<Record<string, string>>
  /** Of all clients together. */
  connections: number
  charset: string
  collation: string
  /** Tables whose text is of another character set, or that know no transactions. */
  foreignTables: readonly { name: string; collation: string | null; engine: string | null }[]
}

export function judgeMysql(facts: MysqlFacts, needs: { poolSize: number; bodyBytes: number }): Finding[] {
  return [
    judgeVersion(facts.version),
    judgeCharset(facts),
    judgeTables(facts),
    judgeConnections(facts, needs.poolSize),
    judgeWrites(facts.variables),
    judgeSqlMode(facts.variables),
    judgeDurability(facts.variables),
    judgePacket(facts.variables, needs.bodyBytes),
  ]
}

function judgeVersion(version: string): Finding {
  const isMaria = /mariadb/i.test(version)
  const name = isMaria ? 'MariaDB' : 'MySQL'
  const [major = 0, minor = 0] = version
    .replace(/^5\.5\.5-/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10))
  const evidence = { version }
  const supported = isMaria ? major > 10 || (major === 10 && minor >= 6) : major >= 8
  return supported
    ? ok('version', `${name} ${major}.${minor}`, evidence)
    : broken(
        'version',
        `${name} ${major}.${minor} knows no SKIP LOCKED, which the workers need`,
        'use MySQL 8 or MariaDB 10.6, or newer',
        evidence,
      )
}

function judgeCharset({ charset, collation }: MysqlFacts): Finding {
  const evidence = { charset, collation }
  return charset === 'utf8mb4'
    ? ok('charset', `the database has character set utf8mb4 (${collation})`, evidence)
    : broken(
        'charset',
        `the database has character set ${charset}: a new table of another program, or a dump, would lose letters`,
        'alter database NAME character set utf8mb4 collate utf8mb4_bin',
        evidence,
      )
}

function judgeTables({ foreignTables }: MysqlFacts): Finding {
  if (foreignTables.length === 0) return ok('tables', 'every table is InnoDB in utf8mb4')
  const names = foreignTables.map(({ name, collation, engine }) => `${name} (${engine}, ${collation})`)
  return broken(
    'tables',
    `tables that lose letters or know no transactions: ${names.join(', ')}`,
    'alter table NAME engine=InnoDB, convert to character set utf8mb4 collate utf8mb4_bin',
    { tables: foreignTables.map(({ name }) => name) },
  )
}

function judgeConnections({ variables, connections }: MysqlFacts, poolSize: number): Finding {
  // Two probes, and one that migrates.
  const needed = poolSize + 3
  const most = Number(variables['max_connections'] ?? 0)
  const replicas = Math.floor(most / needed)
  const evidence = { maxConnections: most, needed, connections }
  if (replicas < 1) {
    return broken(
      'connections',
      `the server allows ${most} connections, one process needs up to ${needed}`,
      'raise max_connections, or lower database.poolSize',
      evidence,
    )
  }
  return replicas < 3
    ? warn(
        'connections',
        `the server allows ${most} connections, which is enough for ${replicas} processes with poolSize ${poolSize}`,
        'raise max_connections, or lower database.poolSize',
        evidence,
      )
    : ok(
        'connections',
        `${connections} of ${most} connections are in use; one process needs up to ${needed}`,
        evidence,
      )
}

function judgeWrites({
  read_only: readOnly = 'OFF',
  super_read_only: superReadOnly = 'OFF',
  innodb_read_only: innodb = 'OFF',
}: Readonly<Record<string, string>>): Finding {
  return [readOnly, superReadOnly, innodb].some((value) => value === 'ON' || value === '1')
    ? broken(
        'read-only',
        'the server takes no writes: it is a replica, or was set so',
        'set database.host to the server that takes writes',
      )
    : ok('read-only', 'the server takes writes')
}

function judgeSqlMode({ sql_mode: mode = '' }: Readonly<Record<string, string>>): Finding {
  return /STRICT_(TRANS|ALL)_TABLES/.test(mode)
    ? ok('sql-mode', 'the server refuses values that do not fit')
    : warn(
        'sql-mode',
        'sql_mode is not strict: the server cuts values that do not fit instead of refusing them',
        'add STRICT_TRANS_TABLES to sql_mode',
        { sqlMode: mode },
      )
}

function judgeDurability({
  innodb_flush_log_at_trx_commit: flush = '1',
}: Readonly<Record<string, string>>): Finding {
  return flush === '1'
    ? ok('durability', 'a commit is on disk before it is answered')
    : warn(
        'durability',
        `innodb_flush_log_at_trx_commit is ${flush}: a cut of power loses up to a second of commits that were answered`,
        'set it to 1',
        { flush },
      )
}

function judgePacket(
  { max_allowed_packet: packet }: Readonly<Record<string, string>>,
  bodyBytes: number,
): Finding {
  const most = Number(packet ?? 0)
  const evidence = { maxAllowedPacket: most }
  // Escaping may double a body.
  return most >= 2 * bodyBytes
    ? ok('packet', `the server takes statements of ${most} bytes`, evidence)
    : warn(
        'packet',
        `the server takes statements of ${most} bytes, which the largest bodies may exceed`,
        'raise max_allowed_packet to 16M',
        evidence,
      )
}

/** What was read of a SQLite file. */
export interface SqliteFacts {
  file: string
  exists: boolean
  /** Whether the directory, and the file if there is one, can be written. */
  writable: boolean
  journalMode?: string
  /** First line of `quick_check`; absent for a file too large for it. */
  integrity?: string
}

export function judgeSqlite({ file, exists, writable, journalMode, integrity }: SqliteFacts): Finding[] {
  const access = writable
    ? ok('writable', `${file} and its directory can be written`)
    : broken(
        'writable',
        `${file} or its directory cannot be written`,
        'give it to the user that the service runs as',
      )
  if (!exists) {
    return writable
      ? [
          access,
          warn(
            'connection',
            `there is no ${file} yet: the first start makes it`,
            'start the service, or mend database.file',
          ),
        ]
      : [access]
  }
  return [
    access,
    journalMode === undefined || journalMode === 'wal' || journalMode === 'memory'
      ? ok('journal', 'readers and the writer do not wait for each other (WAL)')
      : warn(
          'journal',
          `the journal mode is ${journalMode}, not WAL: another program changed it`,
          'start the service, which sets it',
        ),
    judgeIntegrity(integrity),
  ]
}

function judgeIntegrity(integrity: string | undefined): Finding {
  if (integrity === undefined) {
    return judgeOf('database').skipped(
      'integrity',
      'the file is too large to be checked in passing',
      'run `sqlite3 FILE "pragma quick_check"` while nothing is urgent',
    )
  }
  return integrity === 'ok'
    ? ok('integrity', 'the file is whole')
    : broken(
        'integrity',
        'the file is damaged',
        'stop the service, keep a copy of the file, and load a backup',
        { quickCheck: integrity },
      )
}
