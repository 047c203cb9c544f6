import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const schema = `
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS identities (
  id TEXT PRIMARY KEY, schema_id TEXT NOT NULL, state TEXT NOT NULL, state_changed_at INTEGER, traits TEXT NOT NULL,
  metadata_public TEXT, metadata_admin TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS credentials (
  identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE, type TEXT NOT NULL, config TEXT NOT NULL,
  version INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (identity_id, type)
);
CREATE TABLE IF NOT EXISTS identifiers (
  type TEXT NOT NULL, value TEXT NOT NULL, identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
  PRIMARY KEY (type, value)
);
CREATE TABLE IF NOT EXISTS verifiable_addresses (
  id TEXT PRIMARY KEY, identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
  value TEXT NOT NULL UNIQUE, verified INTEGER NOT NULL, status TEXT NOT NULL, verified_at INTEGER,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS recovery_addresses (
  id TEXT PRIMARY KEY, identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
  value TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
  token TEXT NOT NULL UNIQUE, logout_token TEXT NOT NULL UNIQUE, active INTEGER NOT NULL, methods TEXT NOT NULL,
  issued_at INTEGER NOT NULL, authenticated_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, created_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_identity ON sessions (identity_id);
CREATE TABLE IF NOT EXISTS devices (
  id TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  ip_address TEXT NOT NULL, user_agent TEXT, created_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS devices_session ON devices (session_id);
CREATE TABLE IF NOT EXISTS flows (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, expires_at INTEGER NOT NULL, data TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS codes (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, flow_id TEXT NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
  identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE, address_id TEXT, hash TEXT NOT NULL,
  expires_at INTEGER NOT NULL, used_at INTEGER
);
CREATE INDEX IF NOT EXISTS codes_flow ON codes (flow_id);
CREATE TABLE IF NOT EXISTS mails (
  id TEXT PRIMARY KEY, recipient TEXT NOT NULL, subject TEXT NOT NULL, template_type TEXT NOT NULL, code TEXT NOT NULL,
  body TEXT NOT NULL, template_data TEXT NOT NULL, created_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS paused (
  id TEXT PRIMARY KEY, identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE, body TEXT NOT NULL,
  expires_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS errors (id TEXT PRIMARY KEY, body TEXT NOT NULL, created_at INTEGER NOT NULL);
`

/** Opens the emulator's store and makes its tables. Without a file it lives in memory. */
export function openDatabase(file?: string): DatabaseSync {
  if (file) mkdirSync(dirname(file), { recursive: true })
  const database = new DatabaseSync(file ?? ':memory:', { enableForeignKeyConstraints: true, timeout: 5000 })
  if (file) database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  database.exec(schema)
  return database
}

/** A random key that stays the same as long as the store lives, so that cookies survive a restart. */
export function persistentKey(database: DatabaseSync, name: string): Buffer {
  database.prepare('INSERT OR IGNORE INTO secrets (name, value) VALUES (?, ?)').run(name, randomBytes(32))
  const row = database.prepare('SELECT value FROM secrets WHERE name = ?').get(name)
  return Buffer.from(row!.value as Uint8Array)
}

/** Forgets flows and errors that ended more than a day ago. */
export function pruneDatabase(database: DatabaseSync, now: number): void {
  const yesterday = now - 86_400_000
  database.prepare('DELETE FROM flows WHERE expires_at < ?').run(yesterday)
  database.prepare('DELETE FROM paused WHERE expires_at < ?').run(yesterday)
  database.prepare('DELETE FROM errors WHERE created_at < ?').run(yesterday)
}

/** Runs `work` in one transaction; nested calls join the outer one. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  if (database.isTransaction) return work()

  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
