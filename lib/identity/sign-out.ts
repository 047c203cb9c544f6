import { verifyOptions } from '../auth/authenticate.ts'
import { verifyLoopToken } from '../auth/loop-token.ts'
import { LOOP_TOKEN_COOKIE } from '../auth/loop-token-cookie.ts'
import type { Env } from '../env.ts'
import { cookieHeaderOnly, cookieValues } from '../http/cookies.ts'
import type { Trace } from '../http/trace.ts'
import type { KratosCredential, WhoamiResult } from '../ory/kratos.ts'
import { kratosCredential } from './exchange-credential.ts'
import { invalidateTokens, revokeSession } from './sessions.ts'

/**
 * Ends what a request is signed in with. Tokens issued so far become useless at once. The session itself ends only when
 * Kratos says clearly that the caller is signed in (200) or is not (401): the dashboard also calls this after a second factor was
 * asked for and in the middle of Kratos' trouble, and then a later exchange of the same session must work.
 */
export async function signOut(request: Request, env: Env, trace: Trace): Promise<void> {
  const tokenSids = await sessionsOfTokens(request, env)
  const credential = signOutCredential(request, env)
  // Without a credential there is no session at Kratos that a failing whoami could hide: the same as a clear 401.
  const answer: WhoamiResult = credential
    ? await env.kratos.whoami(credential, trace)
    : { kind: 'unauthenticated' }
  const now = env.clock.now()

  if (answer.kind !== 'session' && answer.kind !== 'unauthenticated') {
    await Promise.all(tokenSids.map((sid) => invalidateTokens(env.db, sid, now)))
    return
  }
  const sids = new Set([...tokenSids, ...(answer.kind === 'session' ? [answer.session.id] : [])])
  const revoked = [...sids].map((sid) => revokeSession(env.db, sid, now))
  const ended = [...sids].map((sid) => endAtKratos(sid, env, trace))
  const failed = (await Promise.allSettled([...revoked, ...ended])).find(
    ({ status }) => status === 'rejected',
  )
  if (failed) throw (failed as PromiseRejectedResult).reason
}

/** As for an exchange, but one of our own tokens in the header does not hide the browser's session. */
function signOutCredential(request: Request, env: Env): KratosCredential | undefined {
  const credential = kratosCredential(request, env)
  if (credential) return credential
  const cookie = cookieHeaderOnly(request, env.config.kratos.sessionCookie)
  return cookie ? { cookie } : undefined
}

/** The session ids of all tokens with a good signature, expired ones included. */
export async function sessionsOfTokens(request: Request, env: Env): Promise<string[]> {
  const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const tokens = new Set(
    [...(bearer ? [bearer] : []), ...cookieValues(request, LOOP_TOKEN_COOKIE)].slice(0, 4),
  )
  const options = { ...verifyOptions(env), acceptExpired: true }
  const verified = await Promise.all([...tokens].map((token) => verifyLoopToken(token, env.keys, options)))
  return [...new Set(verified.flatMap((result) => (result.ok ? [result.claims.sid] : [])))]
}

/** The revoked row bars the session here, so trouble at Kratos is only logged. */
async function endAtKratos(sid: string, env: Env, trace: Trace): Promise<void> {
  const result = await env.kratos.endSession(sid, trace)
  if (result.kind === 'unavailable')
    env.log.warn({ reason: result.reason, status: result.status }, 'session not ended at Kratos')
}
