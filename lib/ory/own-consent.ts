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
    .meta({ description: 'Seconds, at most 3600; 0 or absent = as long as may be' }),
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

/** What Hydra is told to grant: of the choice, only what was requested, and never for long. */
export function grantOf(choice: ConsentChoice, requested: HydraConsentRequest): ConsentGrant {
  const { requested_scope, requested_access_token_audience } = requested
  return {
    grant_scope: requested_scope.filter((scope) => choice.grant_scope.includes(scope)),
    grant_access_token_audience: requested_access_token_audience.filter((audience) =>
      choice.grant_access_token_audience.includes(audience),
    ),
    remember: choice.remember ?? false,
    // 0 would be for ever.
    remember_for: Math.min(Math.max(choice.remember_for || MAX_REMEMBER_SECONDS, 1), MAX_REMEMBER_SECONDS),
  }
}
