import type { Env } from '../env.ts'
import { ApiError } from '../http/errors.ts'
import type { Trace } from '../http/trace.ts'
import type { ConsentQuery, GivenConsent } from '../ory/hydra-grants.ts'

/** What Hydra tells of the scopes of a token that it is about to issue. */
export interface TokenGrant {
  clientId: string
  subject: string
  grantTypes: string[]
  requestedScopes: string[]
  grantedScopes: string[]
  /** Hydra's own id of the consent. */
  consentChallenge?: string
  loginSession?: string
}

/**
 * The scopes that were granted. Hydra tells none of them when a code is exchanged, so then it is asked for the consent itself.
 * Where it never asked the person, every scope has to be covered by the newest consent to the client that Hydra remembers.
 * @see https://github.com/ory/hydra/issues/3969
 * @throws {ApiError} `upstream_unavailable`
 */
export async function grantedScopes(
  env: Pick<Env, 'hydra' | 'log'>,
  grant: TokenGrant,
  trace: Trace,
): Promise<string[]> {
  const { grantedScopes: told, subject, consentChallenge, loginSession } = grant
  const isTold = told.length > 0 || grant.grantTypes.includes('refresh_token')
  if (isTold || !consentChallenge || grant.requestedScopes.length === 0) return told

  if (loginSession) {
    const ofLogin = await consents(env, { subject, login_session_id: loginSession }, trace)
    const given = ofLogin.find(({ challenge }) => challenge === consentChallenge)
    if (given) return given.scopes
  }
  const all = await consents(env, { subject }, trace)
  const given = all.find(({ challenge }) => challenge === consentChallenge)
  return given?.scopes ?? remembered(all, grant)
}

/** By the newest one alone Hydra decides that it need not ask; an older one may hold what has been taken back since. */
function remembered(newestFirst: GivenConsent[], { clientId, requestedScopes }: TokenGrant): string[] {
  const consent = newestFirst.find(({ remember, clientId: given }) => remember && given === clientId)
  const scopes = new Set(consent?.scopes)
  return requestedScopes.filter((scope) => scopes.has(scope))
}

async function consents(
  { hydra, log }: Pick<Env, 'hydra' | 'log'>,
  query: ConsentQuery,
  trace: Trace,
): Promise<GivenConsent[]> {
  if (!hydra) {
    log.warn({}, 'claims left out: hydra.adminUrl is not configured, so nobody tells what was granted')
    return []
  }
  const result = await hydra.listConsents(query, trace)
  if (result.kind === 'consents') return result.consents
  log.warn({ reason: result.reason, upstreamStatus: result.status }, 'Hydra told nothing of a consent')
  throw new ApiError('upstream_unavailable')
}
