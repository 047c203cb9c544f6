import { goKind } from './admin-json.ts'
import type { Emulator } from './emulator.ts'
import { type Identity, identityJson } from './identity.ts'
import { importedAddresses } from './identity-body.ts'
import { applyPatch, type PatchOperation } from './json-patch.ts'
import { kratosError } from './kratos-error.ts'
import { refuseBadTraits } from './schema-error.ts'
import type { Traits } from './traits.ts'

const denied = ['/id', '/statechangedat', '/credentials']

/** An identity with a JSON Patch applied, checked but not stored. @throws 400 */
export function patchedIdentity(emulator: Emulator, identity: Identity, raw: string): Identity {
  const { credentials: _, ...document } = identityJson(emulator, identity, { admin: true })
  const patched = apply(document, raw)
  const state = patched.state
  if (state !== 'active' && state !== 'inactive') {
    throw kratosError(400, {
      reason: `The supplied state ('${String(state)}') was not valid. Valid states are ('active', 'inactive').`,
      message: 'identity state is not valid',
    })
  }
  refuseBadTraits(patched.traits)
  return {
    ...identity,
    state,
    stateChangedAt: state === identity.state ? identity.stateChangedAt : emulator.now(),
    traits: patched.traits as Traits,
    metadataPublic: patched.metadata_public ?? null,
    metadataAdmin: patched.metadata_admin ?? null,
    verifiableAddresses: importedAddresses(emulator, patched.verifiable_addresses),
  }
}

function apply(document: Record<string, unknown>, raw: string): Record<string, unknown> {
  try {
    return applyPatch(document, operationsOf(raw))
  } catch (error) {
    throw kratosError(400, {
      reason: 'An error occured when applying the JSON patch',
      message: (error as Error).message,
    })
  }
}

function operationsOf(raw: string): PatchOperation[] {
  const patch: unknown = JSON.parse(raw)
  if (!Array.isArray(patch)) {
    throw new Error(`json: cannot unmarshal ${goKind(patch)} into Go value of type jsonpatch.Patch`)
  }
  for (const { path } of patch) {
    const lower = String(path).toLowerCase()
    if (denied.some((prefix) => lower === prefix || lower.startsWith(`${prefix}/`))) {
      throw new Error(`patch includes denied path: ${path}`)
    }
  }
  return patch
}
