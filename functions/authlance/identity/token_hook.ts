import * as z from 'zod'
import { operation } from '../../../lib/http/operation.ts'
import { route } from '../../../lib/http/route.ts'
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
    }),
    request: z.object({ granted_scopes: names, grant_types: names }),
  })
  .meta({ id: 'TokenHookRequest' })

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

        const claims = oidcClaims(source, request.granted_scopes)
        return {
          session: {
            access_token: withClaims(session.extra ?? {}, claims),
            id_token: withClaims(session.id_token.id_token_claims?.ext ?? {}, claims),
          },
        }
      },
    }),
  },
  { listener: 'internal' },
)
