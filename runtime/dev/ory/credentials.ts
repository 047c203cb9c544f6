import type { DatabaseSync } from 'node:sqlite'
import type { Credential, Identity } from './identity.ts'
import { normaliseEmail } from './traits.ts'

/**
 * Makes an identity's credentials follow its e-mail address: it signs in with it, and codes go there. A hash of
 * undefined keeps the password.
 */
export function replaceCredentials(
  database: DatabaseSync,
  identityId: string,
  email: string,
  passwordHash: string | undefined,
  time: number,
): void {
  const address = normaliseEmail(email)
  upsert(database, identityId, 'code', { addresses: [{ channel: 'email', address }] }, 1, time)
  upsert(database, identityId, 'password', passwordHash && { hashed_password: passwordHash }, 0, time)
  database.prepare('DELETE FROM identifiers WHERE identity_id = ?').run(identityId)
  for (const [type, value] of [
    ['code', address],
    ['password', email.toLowerCase()],
  ] as const) {
    database
      .prepare('INSERT INTO identifiers (type, value, identity_id) VALUES (?, ?, ?)')
      .run(type, value, identityId)
  }
}

export function credentialOf({ credentials }: Identity, type: Credential['type']): Credential | undefined {
  return credentials.find((credential) => credential.type === type)
}

/** The hash of an identity's password; empty when it has none. */
export function passwordHashOf(identity: Identity): string {
  const hash = credentialOf(identity, 'password')?.config.hashed_password
  return typeof hash === 'string' ? hash : ''
}

function upsert(
  database: DatabaseSync,
  identityId: string,
  type: string,
  config: object | '' | undefined,
  version: number,
  time: number,
): void {
  database
    .prepare(
      `INSERT INTO credentials (identity_id, type, config, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (identity_id, type) DO UPDATE SET
         config = CASE WHEN ? THEN excluded.config ELSE config END, updated_at = excluded.updated_at`,
    )
    .run(identityId, type, JSON.stringify(config || {}), version, time, time, config ? 1 : 0)
}
