import type { DatabaseSync } from 'node:sqlite'
import type { Credential, Identity, RecoveryAddress, VerifiableAddress } from './identity.ts'

type Row = Record<string, unknown>

/** An identity from its row, with its addresses and credentials. */
export function identityFromRow(database: DatabaseSync, row: Row): Identity {
  const id = row.id as string
  const rowsOf = (sql: string): Row[] => database.prepare(sql).all(id)
  return {
    id,
    state: row.state as Identity['state'],
    stateChangedAt: row.state_changed_at as number | null,
    traits: JSON.parse(row.traits as string),
    verifiableAddresses: rowsOf('SELECT * FROM verifiable_addresses WHERE identity_id = ? ORDER BY id').map(
      verifiable,
    ),
    recoveryAddresses: rowsOf('SELECT * FROM recovery_addresses WHERE identity_id = ? ORDER BY id').map(
      recovery,
    ),
    credentials: rowsOf('SELECT * FROM credentials WHERE identity_id = ? ORDER BY type').map(
      (credential) => ({
        ...credentialFrom(credential),
        identifiers: rowsOf(
          `SELECT value FROM identifiers WHERE identity_id = ? AND type = '${credential.type}' ORDER BY value`,
        ).map(({ value }) => value as string),
      }),
    ),
    metadataPublic: unpacked(row.metadata_public),
    metadataAdmin: unpacked(row.metadata_admin),
    createdAt: row.created_at as number,
    updatedAt: row.updated_at as number,
  }
}

function credentialFrom(row: Row): Omit<Credential, 'identifiers'> {
  return {
    type: row.type as Credential['type'],
    config: JSON.parse(row.config as string),
    version: row.version as number,
    createdAt: row.created_at as number,
    updatedAt: row.updated_at as number,
  }
}

function verifiable(row: Row): VerifiableAddress {
  return {
    id: row.id as string,
    value: row.value as string,
    verified: row.verified === 1,
    status: row.status as VerifiableAddress['status'],
    verifiedAt: row.verified_at as number | null,
    createdAt: row.created_at as number,
    updatedAt: row.updated_at as number,
  }
}

function recovery(row: Row): RecoveryAddress {
  return {
    id: row.id as string,
    value: row.value as string,
    createdAt: row.created_at as number,
    updatedAt: row.updated_at as number,
  }
}

function unpacked(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : null
}
