import { within } from '../async/pause.ts'
import type { Env, ExecutionContext } from '../env.ts'
import { cookieHeaderOnly } from '../http/cookies.ts'
import type { Trace } from '../http/trace.ts'
import { admitSession } from '../identity/admit-session.ts'
import { issueToken } from '../identity/issue-token.ts'
import { isStanding } from '../identity/standing-session.ts'
import type { Principal } from './authenticate.ts'

/**
 * A fresh `Set-Cookie` for a call by cookie whose token has under a third of its life left, since the dashboard never refreshes
 * by itself. Trouble of any kind gives undefined: the call itself has succeeded.
 */
export async function renewedCookie(
  request: Request,
  principal: Principal,
  env: Env,
  ctx: ExecutionContext,
  trace: Trace,
): Promise<string | undefined> {
  const { claims, via } = principal
  if (!env.config.renewOnUse || via !== 'cookie') return undefined
  if (claims.exp - env.clock.now() / 1000 > (claims.exp - claims.iat) / 3) return undefined
  const cookie = cookieHeaderOnly(request, env.config.kratos.sessionCookie)
  if (!cookie) return undefined

  let renewed: string | undefined
  const renewal = renew(cookie, claims.sid, env, ctx, trace).then((value) => {
    renewed = value
  })
  await within(PATIENCE_MS, renewal)
  return renewed
}

/** How long an answer is held back for a renewal: Kratos' slowness must not become that of every call. */
const PATIENCE_MS = 300

async function renew(
  cookie: string,
  sid: string,
  env: Env,
  ctx: ExecutionContext,
  trace: Trace,
): Promise<string | undefined> {
  const now = env.clock.now()
  try {
    const answer = await env.kratos.whoami({ cookie }, trace)
    if (answer.kind !== 'session' || !isStanding(answer.session, sid, now)) return undefined
    if (answer.session.identity.state === 'inactive') return undefined
    const admitted = await admitSession(env, answer.session, now, trace)
    if (admitted.written) env.events.wake(ctx)
    return (await issueToken(env, admitted, now)).cookie
  } catch {
    return undefined
  }
}
