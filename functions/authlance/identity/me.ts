import * as z from 'zod'
import type { Env } from '../../../lib/env.ts'
import { ApiError } from '../../../lib/http/errors.ts'
import { operation } from '../../../lib/http/operation.ts'
import { route } from '../../../lib/http/route.ts'
import type { Trace } from '../../../lib/http/trace.ts'
import { admitSession } from '../../../lib/identity/admit-session.ts'
import { kratosCredential } from '../../../lib/identity/exchange-credential.ts'
import { issueToken } from '../../../lib/identity/issue-token.ts'
import { isStanding } from '../../../lib/identity/standing-session.ts'
import type { KratosSession } from '../../../lib/ory/kratos-session.ts'

/*
 * The dashboard calls this after `whoami` on each page load. The caller proves the session by its Kratos cookie or session token; the
 * id in the body alone is no credential, it only has to match.
 */

const AuthRequest = z
  .object({ session: z.string().min(1).max(256).meta({ description: 'Id of the Kratos session' }) })
  .meta({ id: 'ControllersAuthAuthRequest' })

const AuthResponse = z
  .object({
    token: z.string().meta({ description: 'The loopToken, a JWT' }),
    missing: z.array(z.string()).optional().meta({ description: 'Mandatory profile fields not given yet' }),
  })
  .meta({ id: 'ControllersAuthAuthResponse' })

export default route('/authlance/identity/me', {
  POST: operation({
    summary: 'Exchange a Kratos session for a loopToken',
    tag: 'Auth',
    access: 'public',
    body: { json: AuthRequest },
    kratosCredential: true,
    responses: { 200: AuthResponse },
    errors: [
      'unauthenticated',
      'session_invalid',
      'session_revoked',
      'session_aal2_required',
      'user_banned',
      'origin_not_allowed',
      'upstream_unavailable',
      'database_unavailable',
    ],
    async handle({ request, env, ctx, trace, body, headers }) {
      try {
        const session = await provenSession(request, body.session, env, trace)
        const now = env.clock.now()
        const admitted = await admitSession(env, session, now, trace)
        if (admitted.written) env.events.wake(ctx)
        const { token, cookie, missing } = await issueToken(env, admitted, now)

        env.metrics.countExchange(admitted.written ? 'admitted' : 'renewed')
        headers.append('set-cookie', cookie)
        return { token, ...(missing.length && { missing }) }
      } catch (error) {
        env.metrics.countExchange(error instanceof ApiError ? error.code : 'failed')
        throw error
      }
    },
  }),
})

/** The session that the caller proves and that Kratos vouches for, when it is the one asked for and stands. */
async function provenSession(request: Request, sid: string, env: Env, trace: Trace): Promise<KratosSession> {
  const credential = kratosCredential(request, env)
  if (!credential && !env.config.exchangeById) throw new ApiError('unauthenticated')

  const answer = await (credential
    ? env.kratos.whoami(credential, trace)
    : env.kratos.sessionById(sid, trace))
  switch (answer.kind) {
    case 'unauthenticated':
      throw new ApiError('session_invalid')
    case 'aal2_required': {
      const extra = answer.redirectBrowserTo ? { redirect_browser_to: answer.redirectBrowserTo } : {}
      throw new ApiError('session_aal2_required', { extra })
    }
    case 'unavailable': {
      env.log.warn({ reason: answer.reason, upstreamStatus: answer.status }, 'whoami gave no usable answer')
      const seconds = answer.retryAfterSeconds
      const headers = seconds ? { 'retry-after': String(seconds) } : undefined
      throw new ApiError('upstream_unavailable', { headers })
    }
    case 'session':
      if (!isStanding(answer.session, sid, env.clock.now())) throw new ApiError('session_invalid')
      if (answer.session.identity.state === 'inactive') throw new ApiError('user_banned')
      return answer.session
  }
}
