import * as z from 'zod'
import type { Config } from '../config.ts'
import { type Trace, traceHeaders } from '../http/trace.ts'
import type { Metrics } from '../metrics.ts'
import { type KratosIdentities, kratosIdentities } from './kratos-identities.ts'
import { KratosSession } from './kratos-session.ts'
import { type OtherSessionsResult, otherSessions } from './other-sessions.ts'
import { sendByFetch } from './send-text.ts'
import { type Upstream, type UpstreamFailure, unexpectedStatus, upstreamJson } from './upstream-json.ts'
import { upstreamReady } from './upstream-ready.ts'

/** What a caller proves its Kratos session with: the session cookie or a session token, never both. */
export type KratosCredential = { cookie: string } | { sessionToken: string }

export type WhoamiResult =
  | { kind: 'session'; session: KratosSession }
  | { kind: 'unauthenticated' }
  | { kind: 'aal2_required'; redirectBrowserTo?: string }
  | UpstreamFailure

/** The few Kratos calls that we make. None throws: trouble is a result. */
export interface Kratos extends KratosIdentities {
  whoami(credential: KratosCredential, trace: Trace): Promise<WhoamiResult>
  /** The caller's live sessions but the one that proves the call. */
  otherSessions(credential: KratosCredential, trace: Trace): Promise<OtherSessionsResult>
  /** A session by its id alone, through the admin API; proves nothing about the caller. */
  sessionById(sid: string, trace: Trace): Promise<WhoamiResult>
  /** Ends a session through the admin API; one that is already gone counts as ended. */
  endSession(sid: string, trace: Trace): Promise<{ kind: 'ended' } | UpstreamFailure>
  /** Whether the public API is ready. */
  ready(timeoutMs: number): Promise<boolean>
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
    ...kratosIdentities(upstream, config),
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
  return unexpectedStatus(answer.status)
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
    : unexpectedStatus(answer.status)
}
