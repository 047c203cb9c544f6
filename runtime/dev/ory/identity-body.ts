import { randomUUID } from 'node:crypto'
import type { Emulator } from './emulator.ts'
import type { Identity, VerifiableAddress } from './identity.ts'
import { schemaId } from './identity-schema.ts'
import { kratosError } from './kratos-error.ts'
import { hashPassword } from './password.ts'
import { refuseBadTraits } from './schema-error.ts'
import { isObject, normaliseEmail, type Traits } from './traits.ts'

/** What an administrator may say about an identity. */
export interface IdentityBody {
  traits: Traits
  state?: Identity['state']
  metadataPublic: unknown
  metadataAdmin: unknown
  /** Whether `metadata_admin` was named at all. */
  hasMetadataAdmin: boolean
  verifiableAddresses: VerifiableAddress[]
  passwordHash?: string
}

/** Checks and reads the body of a create or an update. @throws 400 */
export async function readIdentityBody(
  emulator: Emulator,
  body: Record<string, unknown>,
): Promise<IdentityBody> {
  if (typeof body.schema_id === 'string' && body.schema_id !== '' && body.schema_id !== schemaId) {
    throw kratosError(400, { reason: `Unable to find JSON Schema ID: ${body.schema_id}` })
  }
  const state = stateOf(body.state)
  const traits = body.traits ?? {}
  refuseBadTraits(traits)
  const passwordHash = await importedHash(body.credentials)
  return {
    traits: traits as Traits,
    ...(state ? { state } : {}),
    metadataPublic: body.metadata_public ?? null,
    metadataAdmin: body.metadata_admin ?? null,
    hasMetadataAdmin: 'metadata_admin' in body,
    verifiableAddresses: importedAddresses(emulator, body.verifiable_addresses),
    ...(passwordHash ? { passwordHash } : {}),
  }
}

/** Reads addresses as the API shows them. */
export function importedAddresses({ now }: Emulator, addresses: unknown): VerifiableAddress[] {
  if (!Array.isArray(addresses)) return []
  const time = now()
  return addresses.filter(isObject).map((address) => {
    const verified = address.verified === true
    return {
      id: typeof address.id === 'string' ? address.id : randomUUID(),
      value: normaliseEmail(String(address.value ?? '')),
      verified,
      status: isStatus(address.status) ? address.status : 'pending',
      verifiedAt: timeOf(address.verified_at) ?? (verified ? time : null),
      createdAt: timeOf(address.created_at) ?? time,
      updatedAt: timeOf(address.updated_at) ?? time,
    }
  })
}

function stateOf(state: unknown): Identity['state'] | undefined {
  if (state === undefined || state === '') return undefined
  if (state === 'active' || state === 'inactive') return state
  throw kratosError(400, { reason: 'identity state is not valid' })
}

async function importedHash(credentials: unknown): Promise<string | undefined> {
  const password = isObject(credentials) ? credentials.password : undefined
  const config = isObject(password) ? password.config : undefined
  if (!isObject(config)) return undefined
  if (typeof config.password === 'string' && config.password !== '') return hashPassword(config.password)
  throw kratosError(400, {
    reason:
      'The imported password does not match any known hash format. For more information see https://www.ory.sh/dr/2',
  })
}

function isStatus(status: unknown): status is VerifiableAddress['status'] {
  return status === 'pending' || status === 'sent' || status === 'completed'
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
