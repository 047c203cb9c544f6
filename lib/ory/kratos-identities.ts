import * as z from 'zod'
import type { Config } from '../config.ts'
import { type Trace, traceHeaders } from '../http/trace.ts'
import { KratosIdentity } from './kratos-session.ts'
import { type Upstream, type UpstreamFailure, unexpectedStatus, upstreamJson } from './upstream-json.ts'

/** Kratos' identities, through its admin API. None of the calls throws: trouble is a result. */
export interface KratosIdentities {
  findIdentityByEmail(
    email: string,
    trace: Trace,
  ): Promise<{ kind: 'identity'; identity?: KratosIdentity } | UpstreamFailure>
  findIdentityById(
    id: string,
    trace: Trace,
  ): Promise<{ kind: 'identity'; identity?: KratosIdentity } | UpstreamFailure>
  /** Creates an identity without credentials; `conflict` when the address is taken. */
  createIdentity(
    identity: NewIdentity,
    trace: Trace,
  ): Promise<{ kind: 'identity'; identity: KratosIdentity } | { kind: 'conflict' } | UpstreamFailure>
  /** Changes the name traits of an identity; `refused` when its schema does not take them. */
  renameIdentity(
    id: string,
    name: PersonName,
    trace: Trace,
  ): Promise<{ kind: 'renamed' } | { kind: 'refused'; status: number } | UpstreamFailure>
}

export interface PersonName {
  firstName?: string
  lastName?: string
}

export interface NewIdentity extends PersonName {
  email: string
  metadataAdmin: Record<string, unknown>
}

type KratosConfig = Config['kratos']

export function kratosIdentities(upstream: Upstream, config: KratosConfig): KratosIdentities {
  return {
    findIdentityByEmail: (email, trace) => findIdentityByEmail(upstream, config, email, trace),
    findIdentityById: (id, trace) => findIdentityById(upstream, config, id, trace),
    createIdentity: (identity, trace) => createIdentity(upstream, config, identity, trace),
    renameIdentity: (id, name, trace) => renameIdentity(upstream, config, id, name, trace),
  }
}

async function findIdentityByEmail(upstream: Upstream, config: KratosConfig, email: string, trace: Trace) {
  const url = `${config.adminUrl}/admin/identities?credentials_identifier=${encodeURIComponent(email)}`
  const answer = await upstreamJson(upstream, 'find_identity', url, { headers: traceHeaders(trace) })
  if (answer.kind === 'unavailable') return answer
  const identities = z.array(KratosIdentity).safeParse(answer.body)
  if (answer.status !== 200 || !identities.success) return unexpectedStatus(answer.status)
  const identity = identities.data.find((found) => found.traits.email.trim().toLowerCase() === email)
  return { kind: 'identity', ...(identity && { identity }) } as const
}

async function findIdentityById(upstream: Upstream, config: KratosConfig, id: string, trace: Trace) {
  const url = `${config.adminUrl}/admin/identities/${encodeURIComponent(id)}`
  const answer = await upstreamJson(upstream, 'get_identity', url, { headers: traceHeaders(trace) })
  if (answer.kind === 'unavailable') return answer
  if (answer.status === 404) return { kind: 'identity' } as const
  const identity = KratosIdentity.safeParse(answer.body)
  if (answer.status !== 200 || !identity.success) return unexpectedStatus(answer.status)
  return { kind: 'identity', identity: identity.data } as const
}

async function createIdentity(upstream: Upstream, config: KratosConfig, identity: NewIdentity, trace: Trace) {
  const name = nameTraits(identity)
  const answer = await upstreamJson(upstream, 'create_identity', `${config.adminUrl}/admin/identities`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...traceHeaders(trace) },
    body: JSON.stringify({
      schema_id: config.schemaId,
      state: 'active',
      traits: { email: identity.email, ...(Object.keys(name).length && { name }) },
      metadata_admin: identity.metadataAdmin,
    }),
  })
  if (answer.kind === 'unavailable') return answer
  if (answer.status === 409) return { kind: 'conflict' } as const
  const created = KratosIdentity.safeParse(answer.body)
  return answer.status === 201 && created.success
    ? ({ kind: 'identity', identity: created.data } as const)
    : unexpectedStatus(answer.status)
}

/** A JSON Patch, since a PUT would need and could overwrite everything else of the identity. */
async function renameIdentity(
  upstream: Upstream,
  config: KratosConfig,
  id: string,
  name: PersonName,
  trace: Trace,
) {
  const url = `${config.adminUrl}/admin/identities/${encodeURIComponent(id)}`
  const answer = await upstreamJson(upstream, 'rename_identity', url, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', ...traceHeaders(trace) },
    body: JSON.stringify([{ op: 'add', path: '/traits/name', value: nameTraits(name) }]),
  })
  if (answer.kind === 'unavailable') return answer
  if (answer.status === 200) return { kind: 'renamed' } as const
  return answer.status >= 400
    ? ({ kind: 'refused', status: answer.status } as const)
    : unexpectedStatus(answer.status)
}

function nameTraits({ firstName, lastName }: PersonName): { first?: string; last?: string } {
  return { ...(firstName && { first: firstName }), ...(lastName && { last: lastName }) }
}
