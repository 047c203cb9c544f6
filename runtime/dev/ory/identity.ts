import { type Emulator, publicUrl, timestamp } from './emulator.ts'
import { schemaId } from './identity-schema.ts'
import type { Traits } from './traits.ts'

export interface VerifiableAddress {
  id: string
  value: string
  verified: boolean
  status: 'pending' | 'sent' | 'completed'
  verifiedAt: number | null
  createdAt: number
  updatedAt: number
}

export interface RecoveryAddress {
  id: string
  value: string
  createdAt: number
  updatedAt: number
}

export interface Credential {
  type: 'password' | 'code'
  identifiers: string[]
  config: Record<string, unknown>
  version: number
  createdAt: number
  updatedAt: number
}

export interface Identity {
  id: string
  state: 'active' | 'inactive'
  stateChangedAt: number | null
  traits: Traits
  verifiableAddresses: VerifiableAddress[]
  recoveryAddresses: RecoveryAddress[]
  credentials: Credential[]
  metadataPublic: unknown
  metadataAdmin: unknown
  createdAt: number
  updatedAt: number
}

interface IdentityView {
  /** Adds what only the admin API shows: the credentials' types and the admin metadata. */
  admin?: boolean
  /** Adds the configuration of these credentials too, as `include_credential` asks for. */
  withConfigOf?: string[]
  /** Leaves out what Kratos does not load for lists of sessions. */
  withoutAddresses?: boolean
  withoutSchemaUrl?: boolean
}

/** An identity as the API shows it. */
export function identityJson(
  emulator: Emulator,
  identity: Identity,
  view: IdentityView = {},
): Record<string, unknown> {
  const { credentials } = identity
  const verifiableAddresses = view.withoutAddresses ? [] : identity.verifiableAddresses
  const recoveryAddresses = view.withoutAddresses ? [] : identity.recoveryAddresses
  return {
    id: identity.id,
    ...(view.admin && credentials.length > 0
      ? { credentials: credentialsJson(credentials, view.withConfigOf) }
      : {}),
    schema_id: schemaId,
    schema_url: view.withoutSchemaUrl ? '' : schemaUrl(emulator),
    state: identity.state,
    ...(identity.stateChangedAt === null ? {} : { state_changed_at: timestamp(identity.stateChangedAt) }),
    traits: identity.traits,
    ...(verifiableAddresses.length > 0
      ? { verifiable_addresses: verifiableAddresses.map(verifiableJson) }
      : {}),
    ...(recoveryAddresses.length > 0 ? { recovery_addresses: recoveryAddresses.map(recoveryJson) } : {}),
    metadata_public: identity.metadataPublic,
    ...(view.admin ? { metadata_admin: identity.metadataAdmin } : {}),
    created_at: timestamp(identity.createdAt),
    updated_at: timestamp(identity.updatedAt),
    organization_id: null,
  }
}

function schemaUrl(emulator: Emulator): string {
  return publicUrl(emulator, `/schemas/${Buffer.from(schemaId).toString('base64url')}`)
}

function credentialsJson(credentials: Credential[], withConfigOf: string[] = []): Record<string, unknown> {
  const entries = credentials.map((credential) => [
    credential.type,
    {
      type: credential.type,
      identifiers: credential.identifiers,
      ...(withConfigOf.includes(credential.type) ? { config: credential.config } : {}),
      version: credential.version,
      created_at: timestamp(credential.createdAt),
      updated_at: timestamp(credential.updatedAt),
    },
  ])
  return Object.fromEntries(entries)
}

function verifiableJson(address: VerifiableAddress) {
  return {
    id: address.id,
    value: address.value,
    verified: address.verified,
    via: 'email',
    status: address.status,
    ...(address.verifiedAt === null ? {} : { verified_at: timestamp(address.verifiedAt) }),
    created_at: timestamp(address.createdAt),
    updated_at: timestamp(address.updatedAt),
  }
}

function recoveryJson(address: RecoveryAddress) {
  return {
    id: address.id,
    value: address.value,
    via: 'email',
    created_at: timestamp(address.createdAt),
    updated_at: timestamp(address.updatedAt),
  }
}
