import * as z from 'zod'
import { clearLoopTokenCookie } from '../../../../lib/auth/loop-token-cookie.ts'
import { operation } from '../../../../lib/http/operation.ts'
import { route } from '../../../../lib/http/route.ts'
import { signOut } from '../../../../lib/identity/sign-out.ts'

/*
 * The dashboard calls this after any failed whoami, so it succeeds for everybody and whatever is down. Another site's page may make a
 * browser call it: then nothing changes.
 */

const LogoutResponse = z.object({ message: z.string() }).meta({ id: 'ControllersAuthLogoutResponse' })

export default route('/authlance/identity/me/logout', {
  GET: operation({
    summary: 'Clear the loopToken cookie and end the session',
    tag: 'Auth',
    access: 'public',
    effectful: true,
    responses: { 200: LogoutResponse },
    async handle({ request, env, ctx, trace, log, headers }) {
      const answer = { message: 'signed out' }
      if (request.headers.get('sec-fetch-site') === 'cross-site') return answer

      headers.append('set-cookie', clearLoopTokenCookie(env.config))
      const signedOut = signOut(request, env, trace).catch((error: unknown) =>
        log.error({ err: error }, 'sign-out not recorded'),
      )
      // A caller that navigates away must not keep the revocation from happening.
      ctx.waitUntil(signedOut)
      await signedOut
      return answer
    },
  }),
})
