import * as z from 'zod'
import { operation } from '../../../lib/http/operation.ts'
import { route } from '../../../lib/http/route.ts'
import { grantedScopes, type TokenGrant } from '../../../lib/identity/granted-scopes.ts'
import { oidcClaims, withClaims } from '../../../lib/identity/oidc-claims.ts'
import { tokenSubject } from '../../../lib/identity/token-subject.ts'

/*
 * Hydra asks here before it issues any token, also for a refresh: 200 replaces the claims that it would keep, 204 keeps them, 403
 * denies the token, and anything else fails the request. So our own trouble issues no token.
 */

const Claims = z.record(z.string(), z.unknown())
const names = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? [])

/** The part of Hydra's request that we read. @see https://www.ory.sh/docs/hydra/guides/claims-at-refresh */
const TokenHookRequest = z
  .object({
    session: z.object({
      id_token: z.object({
        subject: z.string(),
        id_token_claims: z.object({ ext: Claims.nullish() }).nullish(),
      }),
      extra: Claims.nullish(),
      consent_challenge: z.string().optional(),
    }),
    request: z.object({
      client_id: z.string(),
      requested_scopes: names,
      granted_scopes: names,
      grant_types: names,
    }),
  })
  .meta({ id: 'TokenHookRequest' })
type TokenHookRequest = z.output<typeof TokenHookRequest>

const TokenHookResponse = z
  .object({ session: z.object({ access_token: Claims, id_token: Claims }) })
  .meta({ id: 'TokenHookResponse' })

export default route(
  '/authlance/identity/token_hook',
  {
    POST: operation({
      summary: 'Add the claims of a user to the tokens that Hydra issues',
      tag: 'Internal',
      access: 'hydraBearer',
      body: { json: TokenHookRequest },
      responses: { 200: TokenHookResponse, 204: null },
      errors: ['user_banned', 'forbidden', 'upstream_unavailable', 'database_unavailable'],
      async handle({ env, ctx, trace, body }) {
        const { session, request } = body
        // The subject is then the client, whatever it is called.
        if (request.grant_types.includes('client_credentials')) return new Response(null, { status: 204 })

        const source = await tokenSubject(env, ctx, session.id_token.subject, trace)
        const claims = oidcClaims(source, await grantedScopes(env, grantOf(body), trace))

        return {
          session: {
            access_token: withClaims(session.extra ?? {}, claims),
            id_token: withClaims(extraOf(body), claims),
          },
        }
      },
    }),
  },
  { listener: 'internal' },
)

function grantOf({ session, request }: TokenHookRequest): TokenGrant {
  const { sid } = extraOf({ session })
  return {
    clientId: request.client_id,
    subject: session.id_token.subject,
    grantTypes: request.grant_types,
    requestedScopes: request.requested_scopes,
    grantedScopes: request.granted_scopes,
    ...(session.consent_challenge && { consentChallenge: session.consent_challenge }),
    ...(typeof sid === 'string' && { loginSession: sid }),
  }
}

/** What the id token holds beside the claims that Hydra makes itself. */
function extraOf({ session }: Pick<TokenHookRequest, 'session'>): Record<string, unknown> {
  return session.id_token.id_token_claims?.ext ?? {}
}
