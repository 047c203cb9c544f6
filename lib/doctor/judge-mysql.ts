import { type Finding, judgeOf } from './finding.ts'

const { ok, warn, broken } = judgeOf('database')

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
