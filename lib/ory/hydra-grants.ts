import * as z from 'zod'
import type { UpstreamFailure } from './upstream-json.ts'

/**
 * The part of a consent that was given which tells what was granted. Hydra lists what people gave, not what it took from an earlier
 * consent without asking.
 * @see https://www.ory.sh/docs/hydra/reference/api#tag/oAuth2/operation/listOAuth2ConsentSessions
 */
export const GivenConsent = z
  .object({
    grant_scope: z
      .array(z.string())
      .nullish()
      .transform((list) => list ?? []),
    remember: z.boolean().nullish().transform(Boolean),
    consent_request: z.object({ challenge: z.string(), client: z.object({ client_id: z.string() }) }),
  })
  .transform(({ grant_scope, remember, consent_request }) => ({
    challenge: consent_request.challenge,
    clientId: consent_request.client.client_id,
    scopes: grant_scope,
    remember,
  }))
export type GivenConsent = z.output<typeof GivenConsent>

export interface ConsentQuery {
  subject: string
  /** Absent, those of all logins. */
  login_session_id?: string
}

export type ConsentsResult = { kind: 'consents'; consents: GivenConsent[] } | UpstreamFailure
