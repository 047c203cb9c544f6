import type { Config } from '../config.ts'

export interface MysqlSource {
  kind: 'mysql'
  name: string
  host: string
  port: number
  user: string
  password?: string
  dbname: string
}

export interface SqliteSource {
  kind: 'sqlite'
  name: string
  file: string
}

export type BackupSource = MysqlSource | SqliteSource

/** A database that cannot be dumped as it is configured. */
export interface UnusableSource {
  kind: 'unusable'
  name: string
  problem: string
}

const PLANETSCALE =
  'PlanetScale keeps backups of its own; this command dumps MySQL, MariaDB and SQLite, which backup.databases may name with their host'

/** The databases that `backup.databases` names, or else the own one. It does not look whether they are there. */
export function backupSources({
  backup,
  database,
}: Pick<Config, 'backup' | 'database'>): (BackupSource | UnusableSource)[] {
  const entries = backup.databases.length ? backup.databases : [ownEntry(database)]
  const names = entries.map(({ dbname }) => dbname)
  return entries.map((entry, index) => {
    const repeated = names.indexOf(entry.dbname) !== index
    return repeated
      ? unusable(entry.dbname, 'backup.databases names it twice, so that backups of both would mix')
      : sourceOf(entry, database)
  })
}

type Entry = Config['backup']['databases'][number]

function ownEntry({ file, dbname }: Config['database']): Entry {
  return file ? { dbname: stem(file), file } : { dbname: dbname ?? 'planetscale' }
}

function sourceOf(entry: Entry, database: Config['database']): BackupSource | UnusableSource {
  const { dbname: name, file } = entry
  if (file === ':memory:') return unusable(name, 'a database in memory cannot be backed up')
  if (file) return { kind: 'sqlite', name, file }

  const host = entry.host ?? database.host
  if (!host && database.planetscale) return unusable(name, PLANETSCALE)
  if (!host) return unusable(name, 'it has neither host nor file, and database.host is not configured')
  const user = entry.user ?? database.user
  if (!user) return unusable(name, 'it has no user, and database.user is not configured')
  const password = entry.password ?? database.password
  const port = entry.port ?? database.port
  return {
    kind: 'mysql',
    name,
    host,
    port,
    user,
    ...(password !== undefined && { password }),
    dbname: name,
  }
}

function unusable(name: string, problem: string): UnusableSource {
  return { kind: 'unusable', name, problem }
}

/** The name of a file without its folder and ending. */
function stem(file: string): string {
  const name = file.split(/[/\\]/).at(-1)!
  return name.replace(/(.)\.[^.]*$/, '$1')
}
