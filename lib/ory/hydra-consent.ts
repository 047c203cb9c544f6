import * as z from 'zod'
import type { UpstreamFailure } from './upstream-json.ts'

/** The part of a client that people see when they are asked for their consent. */
const ConsentClient = z.object({
  client_id: z.string(),
  client_name: z.string().nullish(),
  client_uri: z.string().nullish(),
  logo_uri: z.string().nullish(),
  policy_uri: z.string().nullish(),
  tos_uri: z.string().nullish(),
  contacts: z.array(z.string()).nullish(),
  owner: z.string().nullish(),
  scope: z.string().nullish(),
  skip_consent: z.boolean().nullish(),
})

const OidcContext = z.object({
  acr_values: z.array(z.string()).nullish(),
  display: z.string().nullish(),
  login_hint: z.string().nullish(),
  ui_locales: z.array(z.string()).nullish(),
})

const NoneIfNull = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? [])

/**
 * The part of a consent request that its subject may read. The login challenge and session stay between Kratos and Hydra, and so
 * does what one tells the other in `context`.
 * @see https://www.ory.sh/docs/hydra/reference/api#tag/oAuth2/operation/getOAuth2ConsentRequest
 */
export const HydraConsentRequest = z.object({
  challenge: z.string(),
  subject: z.string(),
  skip: z.boolean().nullish().transform(Boolean),
  requested_scope: NoneIfNull,
  requested_access_token_audience: NoneIfNull,
  request_url: z.string().nullish(),
  client: ConsentClient.nullish(),
  oidc_context: OidcContext.nullish(),
  acr: z.string().nullish(),
  amr: z.array(z.string()).nullish(),
})
export type HydraConsentRequest = z.output<typeof HydraConsentRequest>

/** Where the browser goes next. */
export const RedirectTo = z.object({ redirect_to: z.string() })

/** A call that Hydra refused, in its own words. */
export interface HydraRefusal {
  kind: 'refused'
  status: number
  body: unknown
}

export type ConsentResult =
  | { kind: 'consent'; consent: HydraConsentRequest }
  | { kind: 'unknown' }
  | { kind: 'handled'; redirectTo: string }
  | UpstreamFailure

export type RedirectResult =
  | { kind: 'redirect'; redirectTo: string }
  | { kind: 'handled'; redirectTo: string }
  | HydraRefusal
  | UpstreamFailure
