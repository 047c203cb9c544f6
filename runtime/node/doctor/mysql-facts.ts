import { type Kysely, sql } from 'kysely'
import type { Database } from '../../../lib/db/tables.ts'
import type { MysqlFacts } from '../../../lib/doctor/judge-mysql.ts'

const ROUNDS = 5

/** Our clock less the database's, and the time of the fastest of some round trips. */
export async function measureClock(db: Kysely<Database>): Promise<{ skewMs: number; latencyMs: number }> {
  let best = { skewMs: 0, latencyMs: Number.POSITIVE_INFINITY }
  for (let round = 0; round < ROUNDS; round++) {
    const [sentAt, started] = [Date.now(), performance.now()]
    const { rows } = await sql<{ now: string }>`select unix_timestamp(now(6)) as now`.execute(db)
    const latencyMs = performance.now() - started
    if (latencyMs < best.latencyMs)
      best = { skewMs: sentAt + latencyMs / 2 - Number(rows[0]!.now) * 1000, latencyMs }
  }
  return best
}

export async function readMysqlFacts(db: Kysely<Database>): Promise<MysqlFacts> {
  const version = await sql<{ version: string }>`select version() as version`.execute(db)
  const variables = await sql<{ Variable_name: string; Value: string }>`show variables where variable_name in
    ('max_connections', 'sql_mode', 'read_only', 'super_read_only', 'innodb_read_only', 'innodb_flush_log_at_trx_commit',
    'max_allowed_packet')`.execute(db)
  const threads = await sql<{ Value: string }>`show status like 'Threads_connected'`.execute(db)
  const schema = await sql<{
    charset: string
    collation: string
  }>`select default_character_set_name as charset,
    default_collation_name as collation from information_schema.schemata where schema_name = database()`.execute(
    db,
  )
  const foreign = await sql<
    MysqlFacts['foreignTables'][number]
  >`select table_name as name, table_collation as collation,
    engine as engine from information_schema.tables where table_schema = database() and table_type = 'BASE TABLE'
    and (table_collation not like 'utf8mb4%' or engine <> 'InnoDB') order by table_name limit 20`.execute(db)
  return {
    version: version.rows[0]!.version,
    variables: Object.fromEntries(variables.rows.map(({ Variable_name: name, Value }) => [name, Value])),
    connections: Number(threads.rows[0]?.Value ?? 0),
    charset: schema.rows[0]?.charset ?? 'unknown',
    collation: schema.rows[0]?.collation ?? 'unknown',
    foreignTables: foreign.rows,
  }
}
