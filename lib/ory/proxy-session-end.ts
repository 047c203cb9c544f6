import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import type { Trace } from '../http/trace.ts'
import { findSession } from '../identity/principal.ts'
import { revokeOtherSessions, revokeSession, revokeSessions } from '../identity/sessions.ts'
import { sessionsOfTokens } from '../identity/sign-out.ts'
import type { KratosCredential, WhoamiResult } from './kratos.ts'
import { bearerCredential, proxiedCredentials, sessionTokenCredential } from './proxy-credentials.ts'

/** A Kratos call that ends sessions: which ones, and what proves the session that the call comes from. */
export type SessionEnd = { credentials: KratosCredential[] } & (
  | { ends: 'current' | 'token' | 'others' }
  /** `sid` as Kratos writes ids. */
  | { ends: 'one'; sid: string }
)

/** What a proxied call would end, if anything. The token's own session is told by the body of `logout/api`. */
export function sessionEndOf(request: Request, path: string, config: Config): SessionEnd | undefined {
  const { method } = request
  if (path === 'self-service/logout' && (method === 'GET' || method === 'POST')) {
    if (!new URL(request.url).searchParams.has('token')) return undefined
    // Here, unlike elsewhere, Kratos ends the bearer token's session before the cookie's.
    return {
      ends: 'current',
      credentials: [...bearerCredential(request), ...proxiedCredentials(request, config)],
    }
  }
  if (method !== 'DELETE') return undefined
  if (path === 'self-service/logout/api') return { ends: 'token', credentials: [] }
  const credentials = proxiedCredentials(request, config)
  if (path === 'sessions') return { ends: 'others', credentials }
  const id = /^sessions\/([^/]+)$/.exec(path)?.[1]
  if (id === undefined || id === 'whoami') return undefined
  return { ends: 'one', sid: canonicalUuid(id), credentials }
}

/** The same call once the body of `logout/api` is known. */
export function withSessionToken(end: SessionEnd, body: Uint8Array): SessionEnd {
  try {
    const { session_token } = JSON.parse(new TextDecoder().decode(body)) as { session_token?: unknown }
    return { ...end, credentials: sessionTokenCredential(session_token) }
  } catch {
    return end
  }
}

/** What Kratos tells before it ends anything; afterwards it may not know any more. */
export interface BeforeEnd {
  whoami: WhoamiResult
  /** Whose the one session is that the call names. */
  owner?: string
  /** The caller's other sessions, where the call ends them. Some may be in the middle of their first exchange. */
  others?: string[]
}

/** Asks Kratos who calls, and about the sessions that are to end. */
export async function askBefore(end: SessionEnd, env: Env, trace: Trace): Promise<BeforeEnd> {
  const whoami = await whoamiOf(end, env, trace)
  if (whoami.kind === 'unauthenticated') return { whoami }
  if (end.ends === 'one') {
    const named = await env.kratos.sessionById(end.sid, trace)
    return { whoami, ...(named.kind === 'session' && { owner: named.session.identity.id }) }
  }
  if (end.ends === 'others') {
    const listed = await firstTaken(end, (credential) => env.kratos.otherSessions(credential, trace))
    if (listed.kind === 'sessions') return { whoami, others: listed.sids }
    env.log.warn(
      listed,
      'other sessions at Kratos are not known: those not exchanged yet are not barred here',
    )
  }
  return { whoami }
}

function whoamiOf(end: SessionEnd, env: Env, trace: Trace): Promise<WhoamiResult> {
  return firstTaken(end, (credential) => env.kratos.whoami(credential, trace))
}

/** What Kratos answers to the first credential that it takes. */
async function firstTaken<Result extends { kind: string }>(
  { credentials }: SessionEnd,
  ask: (credential: KratosCredential) => Promise<Result>,
): Promise<Result | { kind: 'unauthenticated' }> {
  for (const credential of credentials) {
    const answer = await ask(credential)
    if (answer.kind !== 'unauthenticated') return answer
  }
  return { kind: 'unauthenticated' }
}

/**
 * Whether Kratos' answer says that it ended what the call names. A browser's logout is answered with a redirect when it was
 * done and when it failed: done means that the session cookie is removed, or else that the credential is no longer good.
 */
export async function hasEnded(
  end: SessionEnd,
  answer: Response,
  before: BeforeEnd,
  env: Env,
  trace: Trace,
): Promise<boolean> {
  if (answer.ok) return true
  if (end.ends !== 'current') return false
  if (removesCookie(answer, env.config.kratos.sessionCookie)) return true
  if (answer.status >= 400 || before.whoami.kind === 'unauthenticated') return false
  return (await whoamiOf(end, env, trace)).kind === 'unauthenticated'
}

/**
 * Revokes here what Kratos has ended. Where whoami could not tell whose session it was, a loopToken with a good signature
 * does. A browser that signs out also loses the tokens that it presented.
 */
export async function revokeEnded(
  end: SessionEnd,
  before: BeforeEnd,
  request: Request,
  env: Env,
): Promise<void> {
  const now = env.clock.now()
  const session = before.whoami.kind === 'session' ? before.whoami.session : undefined
  const isTold = session !== undefined || before.whoami.kind === 'unauthenticated'
  const tokenSids = isTold && end.ends !== 'current' ? [] : await sessionsOfTokens(request, env)

  if (end.ends === 'current' || end.ends === 'token') {
    const sids = new Set([...(session ? [session.id] : []), ...tokenSids])
    await Promise.all([...sids].map((sid) => revokeSession(env.db, sid, now)))
    return
  }
  const sid = session?.id ?? tokenSids[0]
  const identity = session?.identity.id ?? (sid && (await ownerOf(sid, env)))
  if (end.ends === 'one') {
    // Kratos answers 204 for a session of somebody else, or of nobody, too and leaves it alone: so must we.
    const owner = (await ownerOf(end.sid, env)) ?? before.owner
    if (identity && owner === identity) await revokeSession(env.db, end.sid, now)
    return
  }
  const { others } = before
  if (others?.length) await revokeSessions(env.db, others, now)
  if (sid && identity) {
    await revokeOtherSessions(env.db, identity, sid, now)
  } else if (!others) {
    env.log.error(
      { ends: end.ends },
      'sessions ended at Kratos are not revoked here: their user is not known',
    )
  }
}

/** Whose an exchanged session is. */
async function ownerOf(sid: string, env: Env): Promise<string | undefined> {
  return (await findSession(env.db, sid))?.tenant?.user.identity
}

function removesCookie(answer: Response, name: string): boolean {
  return answer.headers
    .getSetCookie()
    .some((line) => line.startsWith(`${name}=`) && /;\s*max-age=(0|-\d+)\s*(;|$)/i.test(line))
}

/** Kratos also takes ids in upper case or without hyphens. */
function canonicalUuid(id: string): string {
  const digits = id.toLowerCase().replaceAll('-', '')
  return /^[0-9a-f]{32}$/.test(digits) ? digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : id
}
