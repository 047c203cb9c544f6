import * as z from 'zod'
import type { Config } from '../config.ts'
import { type Trace, traceHeaders } from '../http/trace.ts'
import type { Metrics } from '../metrics.ts'
import { KratosIdentity, KratosSession } from './kratos-session.ts'
import { type OtherSessionsResult, otherSessions } from './other-sessions.ts'
import { sendByFetch } from './send-text.ts'
import { type Upstream, type UpstreamFailure, upstreamJson } from './upstream-json.ts'
import { upstreamReady } from './upstream-ready.ts'

/** What a caller proves its Kratos session with: the session cookie or a session token, never both. */
export type KratosCredential = { cookie: string } | { sessionToken: string }

export type WhoamiResult =
  | { kind: 'session'; session: KratosSession }
  | { kind: 'unauthenticated' }
  | { kind: 'aal2_required'; redirectBrowserTo?: string }
  | UpstreamFailure

/** The few Kratos calls that we make. None throws: trouble is a result. */
export interface Kratos {
  whoami(credential: KratosCredential, trace: Trace): Promise<WhoamiResult>
  /** The caller's live sessions but the one that proves the call. */
  otherSessions(credential: KratosCredential, trace: Trace): Promise<OtherSessionsResult>
  /** A session by its id alone, through the admin API; proves nothing about the caller. */
  sessionById(sid: string, trace: Trace): Promise<WhoamiResult>
  /** Ends a session through the admin API; one that is already gone counts as ended. */
  endSession(sid: string, trace: Trace): Promise<{ kind: 'ended' } | UpstreamFailure>
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
  /** Whether the public API is ready. */
  ready(timeoutMs: number): Promise<boolean>
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

export function createKratos(config: KratosConfig, metrics: Metrics, send = sendByFetch): Kratos {
  const upstream: Upstream = { service: 'kratos', send, timeoutMs: config.timeoutMs, metrics }
  return {
    whoami: (credential, trace) => whoami(upstream, config, credential, trace),
    otherSessions: (credential, trace) =>
      otherSessions(upstream, config.url, credentialHeaders(credential, trace)),
    sessionById: (sid, trace) => sessionById(upstream, config, sid, trace),
    endSession: (sid, trace) => endSession(upstream, config, sid, trace),
    findIdentityByEmail: (email, trace) => findIdentityByEmail(upstream, config, email, trace),
    findIdentityById: (id, trace) => findIdentityById(upstream, config, id, trace),
    createIdentity: (identity, trace) => createIdentity(upstream, config, identity, trace),
    renameIdentity: (id, name, trace) => renameIdentity(upstream, config, id, name, trace),
    ready: (timeoutMs) => upstreamReady(config.url, timeoutMs),
  }
}

async function whoami(
  upstream: Upstream,
  config: KratosConfig,
  credential: KratosCredential,
  trace: Trace,
): Promise<WhoamiResult> {
  const headers = credentialHeaders(credential, trace)
  const answer = await upstreamJson(upstream, 'whoami', `${config.url}/sessions/whoami`, { headers })
  if (answer.kind === 'unavailable') return answer

  if (answer.status === 200) {
    const session = KratosSession.safeParse(answer.body)
    return session.success
      ? { kind: 'session', session: session.data }
      : { kind: 'unavailable', reason: 'body', status: 200 }
  }
  if (answer.status === 401) return { kind: 'unauthenticated' }
  const refusal = answer.status === 403 ? Refusal.safeParse(answer.body) : undefined
  if (refusal?.success) {
    return {
      kind: 'aal2_required',
      ...(refusal.data.redirect_browser_to && { redirectBrowserTo: refusal.data.redirect_browser_to }),
    }
  }
  return { kind: 'unavailable', reason: 'status', status: answer.status }
}

function credentialHeaders(credential: KratosCredential, trace: Trace): Record<string, string> {
  const proof: Record<string, string> =
    'cookie' in credential ? { cookie: credential.cookie } : { 'x-session-token': credential.sessionToken }
  return { accept: 'application/json', ...proof, ...traceHeaders(trace) }
}

const Refusal = z.object({
  error: z.object({ id: z.literal('session_aal2_required') }),
  redirect_browser_to: z.string().optional(),
})

async function sessionById(
  upstream: Upstream,
  config: KratosConfig,
  sid: string,
  trace: Trace,
): Promise<WhoamiResult> {
  const url = `${config.adminUrl}/admin/sessions/${encodeURIComponent(sid)}?expand=identity`
  const answer = await upstreamJson(upstream, 'session_by_id', url, { headers: traceHeaders(trace) })
  if (answer.kind === 'unavailable') return answer
  if (answer.status === 404 || answer.status === 400) return { kind: 'unauthenticated' }
  const session = KratosSession.safeParse(answer.body)
  if (answer.status === 200 && session.success) return { kind: 'session', session: session.data }
  return unexpected(answer.status)
}

async function endSession(upstream: Upstream, config: KratosConfig, sid: string, trace: Trace) {
  const url = `${config.adminUrl}/admin/sessions/${encodeURIComponent(sid)}`
  const answer = await upstreamJson(upstream, 'end_session', url, {
    method: 'DELETE',
    headers: traceHeaders(trace),
  })
  if (answer.kind === 'unavailable') return answer
  return answer.status < 300 || answer.status === 404
    ? ({ kind: 'ended' } as const)
    : unexpected(answer.status)
}

async function findIdentityByEmail(upstream: Upstream, config: KratosConfig, email: string, trace: Trace) {
  const url = `${config.adminUrl}/admin/identities?credentials_identifier=${encodeURIComponent(email)}`
  const answer = await upstreamJson(upstream, 'find_identity', url, { headers: traceHeaders(trace) })
  if (answer.kind === 'unavailable') return answer
  const identities = z.array(KratosIdentity).safeParse(answer.body)
  if (answer.status !== 200 || !identities.success) return unexpected(answer.status)
  const identity = identities.data.find((found) => found.traits.email.trim().toLowerCase() === email)
  return { kind: 'identity', ...(identity && { identity }) } as const
}

async function findIdentityById(upstream: Upstream, config: KratosConfig, id: string, trace: Trace) {
  const url = `${config.adminUrl}/admin/identities/${encodeURIComponent(id)}`
  const answer = await upstreamJson(upstream, 'get_identity', url, { headers: traceHeaders(trace) })
  if (answer.kind === 'unavailable') return answer
  if (answer.status === 404) return { kind: 'identity' } as const
  const identity = KratosIdentity.safeParse(answer.body)
  if (answer.status !== 200 || !identity.success) return unexpected(answer.status)
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
    : unexpected(answer.status)
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
    : unexpected(answer.status)
}

function nameTraits({ firstName, lastName }: PersonName): { first?: string; last?: string } {
  return { ...(firstName && { first: firstName }), ...(lastName && { last: lastName }) }
}

function unexpected(status: number): UpstreamFailure {
  return { kind: 'unavailable', reason: 'status', status }
}
