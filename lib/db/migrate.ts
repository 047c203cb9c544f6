import { type Kysely, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { Config } from '../config.ts'
import { isSqlite } from './dialect.ts'
import { migrations } from './migrations.ts'
import { seedRoles, syncTiers } from './reference-data.ts'
import type { Database } from './tables.ts'

/** The database was migrated by a newer program: this one must not run on it. */
export class DatabaseNewerError extends Error {
  override readonly name = 'DatabaseNewerError'
  constructor(unknown: string[]) {
    super(
      `the database is newer than this program (it has ${unknown.join(', ')}): start the newer version instead`,
    )
  }
}

export interface MigrationState {
  applied: string[]
  pending: string[]
}

/** Which migrations the database has. @throws {DatabaseNewerError} when it has one that this program does not know. */
export async function migrationState(db: Kysely<Database>): Promise<MigrationState> {
  const applied = await appliedMigrations(db)
  const unknown = applied.filter((name) => !(name in migrations))
  if (unknown.length) throw new DatabaseNewerError(unknown)
  return { applied, pending: Object.keys(migrations).filter((name) => !applied.includes(name)) }
}

/**
 * Brings the schema and the reference data (roles, configured tiers) up to date, under the database's own lock, so that
 * replicas that start together do it once.
 * @returns the names of the migrations that this call applied
 */
export async function migrate(db: Kysely<Database>, config: Pick<Config, 'tiers'>): Promise<string[]> {
  const state = await migrationState(db)
  const applied = state.pending.length ? await applyPending(db) : []
  await writeReferenceData(db, config)
  return applied
}

/**
 * Writes the reference data of a schema that somebody else migrates.
 * @returns the migrations that are pending; then nothing was written
 * @throws {DatabaseNewerError} as {@link migrationState}
 */
export async function refresh(db: Kysely<Database>, config: Pick<Config, 'tiers'>): Promise<string[]> {
  const { pending } = await migrationState(db)
  if (!pending.length) await writeReferenceData(db, config)
  return pending
}

async function writeReferenceData(db: Kysely<Database>, { tiers }: Pick<Config, 'tiers'>): Promise<void> {
  await seedRoles(db)
  await syncTiers(db, tiers)
}

async function applyPending(db: Kysely<Database>): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error) throw error
  return results.filter((result) => result.status === 'Success').map((result) => result.migrationName)
}

async function appliedMigrations(db: Kysely<Database>): Promise<string[]> {
  const tables = isSqlite(db)
    ? await sql<{ name: string }>`select name from sqlite_master where name = 'kysely_migration'`.execute(db)
    : await sql<{ name: string }>`select table_name as name from information_schema.tables
        where table_schema = database() and table_name = 'kysely_migration'`.execute(db)
  if (!tables.rows.length) return []
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  return rows.map((row) => row.name)
}
