import * as z from 'zod'
import { operation } from '../../../../../../../../lib/http/operation.ts'
import { route } from '../../../../../../../../lib/http/route.ts'
import { refusedByHydra, requireHydra } from '../../../../../../../../lib/ory/hydra-answer.ts'
import {
  ConsentQuery,
  ConsentRedirect,
  findOwnConsent,
  SettledConsent,
  settledConsent,
} from '../../../../../../../../lib/ory/own-consent.ts'

/* The dashboard's consent page denies an application here. What the browser says of the reason is not passed on. */

export default route('/authlance/openid/admin/oauth2/auth/requests/consent/reject', {
  PUT: operation({
    summary: 'Deny an application what it asked of the signed-in user',
    tag: 'HydraConsent',
    access: 'user',
    allowsIncompleteProfile: true,
    query: ConsentQuery,
    body: { json: z.looseObject({}), optional: true },
    responses: { 200: ConsentRedirect, 410: SettledConsent },
    errors: ['not_found', 'upstream_unavailable'],
    async handle({ query, ...call }) {
      const challenge = query.consent_challenge
      const consent = await findOwnConsent(call, challenge)
      if (consent instanceof Response) return consent

      const result = await requireHydra(call.env).rejectConsent(challenge, call.trace)
      if (result.kind === 'handled') return settledConsent(result.redirectTo)
      if (result.kind !== 'redirect') return refusedByHydra(result, call.log)
      return { redirect_to: result.redirectTo }
    },
  }),
})
