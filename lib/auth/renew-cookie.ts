import type { Env, ExecutionContext } from '../env.ts'
import { cookieHeaderOnly } from '../http/cookies.ts'
import type { Trace } from '../http/trace.ts'
import { admitSession } from '../identity/admit-session.ts'
import { issueToken } from '../identity/issue-token.ts'
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
  const now = env.clock.now()
  if (!env.config.renewOnUse || via !== 'cookie') return undefined
  if (claims.exp - now / 1000 > (claims.exp - claims.iat) / 3) return undefined
  const cookie = cookieHeaderOnly(request, env.config.kratos.sessionCookie)
  if (!cookie) return undefined

  try {
    const answer = await env.kratos.whoami({ cookie }, trace)
    if (answer.kind !== 'session' || answer.session.id !== claims.sid) return undefined
    const admitted = await admitSession(env, answer.session, now, trace)
    if (admitted.written) env.events.wake(ctx)
    return (await issueToken(env, admitted, now)).cookie
  } catch {
    return undefined
  }
}
