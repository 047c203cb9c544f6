import { randomUUID } from 'node:crypto'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { replaceAddresses } from './addresses.ts'
import { replaceCredentials } from './credentials.ts'
import { transaction } from './database.ts'
import type { Emulator } from './emulator.ts'
import type { Identity, VerifiableAddress } from './identity.ts'
import { identityFromRow } from './identity-row.ts'
import { schemaId } from './identity-schema.ts'
import { notFound } from './kratos-error.ts'
import { normaliseEmail, type Traits } from './traits.ts'
import { isUniqueViolation } from './unique-violation.ts'

export interface NewIdentity {
  traits: Traits
  state?: Identity['state']
  metadataPublic?: unknown
  metadataAdmin?: unknown
  /** What is known about the address already. */
  verifiableAddresses?: VerifiableAddress[]
  /** Absent for an identity that can only be recovered. */
  passwordHash?: string
}

/** An identity whose address belongs to another one. */
export class IdentifierTaken extends Error {}

/** @throws IdentifierTaken */
export function createIdentity({ database, now }: Emulator, details: NewIdentity): Identity {
  const time = now()
  const identity = { id: randomUUID(), state: details.state ?? 'active', stateChangedAt: time }
  return guardUnique(database, () => {
    database
      .prepare(
        `INSERT INTO identities (id, schema_id, state, state_changed_at, traits, metadata_public, metadata_admin, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        identity.id,
        schemaId,
        identity.state,
        identity.stateChangedAt,
        JSON.stringify(details.traits),
        packed(details.metadataPublic),
        packed(details.metadataAdmin),
        time,
        time,
      )
    const known = details.verifiableAddresses ?? []
    replaceAddresses(database, identity.id, known, [], normaliseEmail(details.traits.email), time)
    replaceCredentials(database, identity.id, details.traits.email, details.passwordHash, time)
    return getIdentity(database, identity.id)
  })
}

/**
 * Writes an identity's present state. Addresses and identifiers follow the e-mail trait: one that stays keeps its
 * verification, another begins unverified.
 * @throws IdentifierTaken
 */
export function updateIdentity(
  { database, now }: Emulator,
  identity: Identity,
  passwordHash?: string,
): Identity {
  const time = now()
  return guardUnique(database, () => {
    database
      .prepare(
        `UPDATE identities SET state = ?, state_changed_at = ?, traits = ?, metadata_public = ?, metadata_admin = ?, updated_at = ?
         WHERE id = ?`,
      )
      .run(
        identity.state,
        identity.stateChangedAt,
        JSON.stringify(identity.traits),
        packed(identity.metadataPublic),
        packed(identity.metadataAdmin),
        time,
        identity.id,
      )
    const { verifiableAddresses, recoveryAddresses, traits } = identity
    const email = normaliseEmail(traits.email)
    replaceAddresses(database, identity.id, verifiableAddresses, recoveryAddresses, email, time)
    replaceCredentials(database, identity.id, traits.email, passwordHash, time)
    return getIdentity(database, identity.id)
  })
}

/** @throws 404 */
export function getIdentity(database: DatabaseSync, id: string): Identity {
  const row = database.prepare('SELECT * FROM identities WHERE id = ?').get(id)
  if (!row) throw notFound()
  return identityFromRow(database, row)
}

export function findIdentityByIdentifier(
  database: DatabaseSync,
  type: string,
  value: string,
): Identity | undefined {
  const row = database
    .prepare('SELECT identity_id FROM identifiers WHERE type = ? AND value = ?')
    .get(type, normaliseEmail(value))
  return row && getIdentity(database, row.identity_id as string)
}

/** Identities in order of their ids, after `afterId`. */
export function listIdentities(database: DatabaseSync, afterId: string, limit: number): Identity[] {
  const rows = database
    .prepare('SELECT * FROM identities WHERE id > ? ORDER BY id LIMIT ?')
    .all(afterId, limit)
  return rows.map((row) => identityFromRow(database, row))
}

export function countIdentities(database: DatabaseSync): number {
  return database.prepare('SELECT COUNT(*) AS identities FROM identities').get()?.identities as number
}

/** @throws 404 */
export function deleteIdentity(database: DatabaseSync, id: string): void {
  const { changes } = database.prepare('DELETE FROM identities WHERE id = ?').run(id)
  if (Number(changes) === 0) throw notFound()
}

function guardUnique<T>(database: DatabaseSync, work: () => T): T {
  try {
    return transaction(database, work)
  } catch (error) {
    if (isUniqueViolation(error)) throw new IdentifierTaken('the identifier belongs to another identity')
    throw error
  }
}

function packed(value: unknown): SQLInputValue {
  return value === undefined || value === null ? null : JSON.stringify(value)
}
