import * as z from 'zod'
import type { Principal } from '../auth/authenticate.ts'
import type { Env } from '../env.ts'
import { ApiError } from '../http/errors.ts'
import type { Trace } from '../http/trace.ts'
import type { Log } from '../log.ts'
import type { ConsentGrant } from './hydra.ts'
import { refusedByHydra, requireHydra } from './hydra-answer.ts'
import { type HydraConsentRequest, RedirectTo } from './hydra-consent.ts'

export const ConsentQuery = z.object({
  /** Hydra keeps the whole request in it. */
  consent_challenge: z.string().min(1).max(32_768),
})

export const ConsentRedirect = RedirectTo.meta({
  id: 'ConsentRedirect',
  description: 'Where the browser goes next',
})

/** The answer for a request that is settled already. */
export const SettledConsent: z.ZodType = ConsentRedirect

/** Longest that a consent is remembered. */
const MAX_REMEMBER_SECONDS = 3600

/**
 * Shortest, counted from where the sign-in began: later Hydra does not tell any more what was granted, remembered or not, and the token
 * hook has to know it when the code is exchanged.
 */
const MIN_REMEMBER_SECONDS = 1800

const Texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? [])

/** What a subject may say to a consent request; anything else that Hydra would take is left out. */
export const ConsentChoice = z.object({
  grant_scope: Texts,
  grant_access_token_audience: Texts,
  remember: z.boolean().nullish(),
  remember_for: z
    .int()
    .nullish()
    .meta({ description: 'Seconds, 1800 to 3600; less = not remembered, 0 or absent = as long as may be' }),
})
export type ConsentChoice = z.output<typeof ConsentChoice>

interface ConsentCall {
  env: Env
  trace: Trace
  log: Log
  principal: Principal
}

/**
 * The consent request that the challenge stands for, if the caller is its subject; or else the answer for one that is settled.
 * A request of somebody else is answered as one that does not exist.
 * @throws {ApiError} `not_found`, `upstream_unavailable`
 */
export async function findOwnConsent(
  { env, trace, log, principal }: ConsentCall,
  challenge: string,
): Promise<HydraConsentRequest | Response> {
  const result = await requireHydra(env).findConsent(challenge, trace)
  switch (result.kind) {
    case 'unavailable':
      return refusedByHydra(result, log)
    case 'unknown':
      throw new ApiError('not_found')
    case 'handled':
      return settledConsent(result.redirectTo)
    case 'consent':
      if (result.consent.subject !== principal.tenant.user.identity) throw new ApiError('not_found')
      return result.consent
  }
}

/** Hydra's own answer for a consent request that is settled: it cannot say whose it was, but where to start anew. */
export function settledConsent(redirectTo: string): Response {
  return Response.json({ redirect_to: redirectTo }, { status: 410 })
}

/**
 * What Hydra is told to grant: of the choice, only what was requested, and never for longer than was chosen.
 * A request with `skip` is granted whole, as Hydra has it: it keeps no record of less, so the token hook would take the consent that it
 * remembers for what was granted.
 * @throws {ApiError} `invalid_request`
 * @see https://www.ory.sh/docs/hydra/reference/api#tag/oAuth2/operation/getOAuth2ConsentRequest
 */
export function grantOf(choice: ConsentChoice, requested: HydraConsentRequest): ConsentGrant {
  const { requested_scope, requested_access_token_audience } = requested
  const scopes = new Set(choice.grant_scope)
  const audiences = new Set(choice.grant_access_token_audience)
  if (requested.skip && !requested_scope.every((scope) => scopes.has(scope))) {
    throw new ApiError('invalid_request', {
      detail: 'This was agreed to before: accept all scopes, or reject.',
    })
  }
  // 0 would be for ever.
  const seconds = Math.min(choice.remember_for || MAX_REMEMBER_SECONDS, MAX_REMEMBER_SECONDS)
  const remember = choice.remember === true && seconds >= MIN_REMEMBER_SECONDS
  return {
    grant_scope: requested_scope.filter((scope) => scopes.has(scope)),
    grant_access_token_audience: requested_access_token_audience.filter((one) => audiences.has(one)),
    remember,
    remember_for: remember ? seconds : MAX_REMEMBER_SECONDS,
  }
}
