import { operation } from '../../../../../../../lib/http/operation.ts'
import { route } from '../../../../../../../lib/http/route.ts'
import { HydraConsentRequest } from '../../../../../../../lib/ory/hydra-consent.ts'
import { ConsentQuery, findOwnConsent, SettledConsent } from '../../../../../../../lib/ory/own-consent.ts'

/* The dashboard's consent page asks here what its user is to agree to. */

export default route('/authlance/openid/admin/oauth2/auth/requests/consent', {
  GET: operation({
    summary: 'What an application asks of the signed-in user',
    tag: 'HydraConsent',
    access: 'user',
    query: ConsentQuery,
    responses: {
      200: HydraConsentRequest.meta({ id: 'OAuth2ConsentRequest' }),
      410: SettledConsent,
    },
    errors: ['not_found', 'upstream_unavailable'],
    handle: ({ query, ...call }) => findOwnConsent(call, query.consent_challenge),
  }),
})
