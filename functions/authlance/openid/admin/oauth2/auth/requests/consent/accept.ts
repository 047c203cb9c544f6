import { operation } from '../../../../../../../../lib/http/operation.ts'
import { route } from '../../../../../../../../lib/http/route.ts'
import { refusedByHydra, requireHydra } from '../../../../../../../../lib/ory/hydra-answer.ts'
import {
  ConsentChoice,
  ConsentQuery,
  ConsentRedirect,
  findOwnConsent,
  grantOf,
  SettledConsent,
  settledConsent,
} from '../../../../../../../../lib/ory/own-consent.ts'

/*
 * The dashboard's consent page grants here what an application may have. Hydra is told in our own words: what goes into the tokens
 * comes from the token hook, never from the browser.
 */

export default route('/authlance/openid/admin/oauth2/auth/requests/consent/accept', {
  PUT: operation({
    summary: 'Grant an application what it asked of the signed-in user, or a part of it',
    tag: 'HydraConsent',
    access: 'user',
    allowsIncompleteProfile: true,
    query: ConsentQuery,
    body: { json: ConsentChoice },
    responses: { 200: ConsentRedirect, 410: SettledConsent },
    errors: ['not_found', 'upstream_unavailable'],
    async handle({ query, body, ...call }) {
      const challenge = query.consent_challenge
      const consent = await findOwnConsent(call, challenge)
      if (consent instanceof Response) return consent

      const grant = grantOf(body, consent)
      const result = await requireHydra(call.env).acceptConsent(challenge, grant, call.trace)
      if (result.kind === 'handled') return settledConsent(result.redirectTo)
      if (result.kind !== 'redirect') return refusedByHydra(result, call.log)
      return { redirect_to: result.redirectTo }
    },
  }),
})
