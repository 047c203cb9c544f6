import { readLoose, readStrict } from './admin-json.ts'
import { type Exchange, json, noContent } from './exchange.ts'
import { isUuid } from './flow.ts'
import {
  countIdentities,
  createIdentity,
  deleteIdentity,
  findIdentityByIdentifier,
  getIdentity,
  IdentifierTaken,
  listIdentities,
  updateIdentity,
} from './identities.ts'
import { type Identity, identityJson } from './identity.ts'
import { type IdentityBody, readIdentityBody } from './identity-body.ts'
import { patchedIdentity } from './identity-patch.ts'
import { keysetHeader, keysetOf } from './keyset.ts'
import { kratosError } from './kratos-error.ts'
import { pageOf, paginationHeaders } from './pagination.ts'
import type { Route } from './router.ts'

const createKeys = [
  'schema_id',
  'traits',
  'credentials',
  'verifiable_addresses',
  'recovery_addresses',
  'metadata_public',
  'metadata_admin',
  'state',
]

export const adminIdentityRoutes: Route[] = [
  { method: 'GET', path: '/admin/identities', handle: list },
  { method: 'POST', path: '/admin/identities', handle: create },
  { method: 'GET', path: '/admin/identities/:id', handle: get },
  { method: 'PUT', path: '/admin/identities/:id', handle: put },
  { method: 'PATCH', path: '/admin/identities/:id', handle: patch },
  {
    method: 'DELETE',
    path: '/admin/identities/:id',
    handle(exchange, { id = '' }) {
      deleteIdentity(exchange.emulator.database, id)
      return noContent(exchange)
    },
  },
]

function list(exchange: Exchange): Response {
  const { emulator, url } = exchange
  const withConfigOf = wantedCredentials(url)
  const identifier = url.searchParams.get('credentials_identifier') ?? ''
  const ids = url.searchParams.getAll('ids')
  const bad = ids.find((id) => !isUuid(id))
  if (bad !== undefined)
    throw kratosError(400, { reason: `Invalid UUID value \`${bad}\` for parameter \`ids\`.` })

  const matches = identifier || ids.length > 0 ? search(exchange, identifier, ids) : undefined
  const identities =
    url.searchParams.has('page') && !url.searchParams.has('page_token')
      ? numberedPage(exchange, matches)
      : tokenPage(exchange, matches)
  const showCredentials = identifier !== '' || withConfigOf.length > 0
  return json(
    exchange,
    identities.map((identity) => {
      const shown = showCredentials ? identity : { ...identity, credentials: [] }
      return identityJson(emulator, shown, { admin: true, withConfigOf })
    }),
  )
}

function search({ emulator: { database } }: Exchange, identifier: string, ids: string[]): Identity[] {
  if (identifier === '')
    return listIdentities(database, '', Number.MAX_SAFE_INTEGER).filter(({ id }) => ids.includes(id))
  const found =
    findIdentityByIdentifier(database, 'password', identifier) ??
    findIdentityByIdentifier(database, 'code', identifier)
  return found && (ids.length === 0 || ids.includes(found.id)) ? [found] : []
}

function tokenPage(exchange: Exchange, matches?: Identity[]): Identity[] {
  const { token, size } = keysetOf(exchange)
  const found = matches ?? listIdentities(exchange.emulator.database, token, size + 1)
  const identities = found.slice(0, size)
  keysetHeader(
    exchange,
    size,
    '00000000-0000-0000-0000-000000000000',
    found.length > size ? identities.at(-1)?.id : undefined,
  )
  return identities
}

function numberedPage(exchange: Exchange, matches?: Identity[]): Identity[] {
  const { database } = exchange.emulator
  const page = pageOf(exchange)
  paginationHeaders(exchange, matches?.length ?? countIdentities(database), page, true)
  const all = matches ?? listIdentities(database, '', Number.MAX_SAFE_INTEGER)
  return all.slice(page.page * page.size, (page.page + 1) * page.size)
}

async function create(exchange: Exchange): Promise<Response> {
  const { emulator } = exchange
  const raw = await readStrict(exchange, 'identity.CreateIdentityBody', createKeys)
  const body = await readIdentityBody(emulator, raw)
  const conflict = kratosError(409, {
    reason: 'This identity conflicts with another identity that already exists.',
  })
  const identity = refuseTaken(conflict, () => createIdentity(emulator, body))
  exchange.headers.set('location', `${emulator.adminBaseUrl.replace(/\/$/, '')}/identities/${identity.id}`)
  return json(exchange, writtenJson(exchange, identity, body.hasMetadataAdmin), 201)
}

function get(exchange: Exchange, { id = '' }: Record<string, string>): Response {
  const identity = getIdentity(exchange.emulator.database, id)
  const withConfigOf = wantedCredentials(exchange.url)
  return json(exchange, identityJson(exchange.emulator, identity, { admin: true, withConfigOf }))
}

async function put(exchange: Exchange, { id = '' }: Record<string, string>): Promise<Response> {
  const { emulator } = exchange
  const raw = await readLoose(exchange)
  const identity = getIdentity(emulator.database, id)
  const body = await readIdentityBody(emulator, raw)
  const updated = refuseTaken(alreadyExists(), () =>
    updateIdentity(emulator, withBody(exchange, identity, body), body.passwordHash),
  )
  return json(exchange, writtenJson(exchange, updated, body.hasMetadataAdmin))
}

async function patch(exchange: Exchange, { id = '' }: Record<string, string>): Promise<Response> {
  const { emulator } = exchange
  const raw = await exchange.body()
  const changed = patchedIdentity(emulator, getIdentity(emulator.database, id), raw)
  const updated = refuseTaken(alreadyExists(), () => updateIdentity(emulator, changed))
  return json(exchange, writtenJson(exchange, updated, true))
}

function withBody({ emulator }: Exchange, identity: Identity, body: IdentityBody): Identity {
  const { traits, state = identity.state, metadataPublic, metadataAdmin } = body
  const stateChangedAt = state === identity.state ? identity.stateChangedAt : emulator.now()
  return { ...identity, traits, state, stateChangedAt, metadataPublic, metadataAdmin }
}

/** What a write answers: without the admin metadata when the request named none. */
function writtenJson({ emulator }: Exchange, identity: Identity, hasMetadataAdmin: boolean) {
  const { metadata_admin, ...shown } = identityJson(emulator, identity, { admin: true })
  return hasMetadataAdmin ? { ...shown, metadata_admin } : shown
}

function wantedCredentials({ searchParams }: URL): string[] {
  const wanted = searchParams.getAll('include_credential')
  const known = [
    'password',
    'oidc',
    'totp',
    'lookup_secret',
    'webauthn',
    'code',
    'passkey',
    'profile',
    'saml',
  ]
  const bad = wanted.findIndex((type) => !known.includes(type))
  if (bad < 0) return wanted
  const before = wanted.slice(0, bad).join(' ')
  throw kratosError(400, { reason: `Invalid value \`[${before}]\` for parameter \`include_credential\`.` })
}

function refuseTaken<T>(conflict: Error, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof IdentifierTaken ? conflict : error
  }
}

function alreadyExists(): Error {
  return kratosError(409, {
    message: 'Unable to insert or update resource because a resource with that value exists already',
  })
}
