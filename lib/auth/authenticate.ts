import type { Env } from '../env.ts'
import { cookieValues } from '../http/cookies.ts'
import { ApiError } from '../http/errors.ts'
import { findSession, type KnownSession, type Tenant } from '../identity/principal.ts'
import { type VerifiedClaims, type VerifyOptions, verifyLoopToken } from './loop-token.ts'
import { LOOP_TOKEN_COOKIE } from './loop-token-cookie.ts'

/** A caller whose token, session and account stand right now. */
export interface Principal {
  session: KnownSession
  tenant: Tenant
  claims: VerifiedClaims
  /** Where the token came from; cookies need a check of the origin. */
  via: 'header' | 'cookie'
}

/** The token a request carries: the Authorization header, else the cookie; a header never falls back to the cookie. */
export function presentedToken(request: Request): { token: string; via: Principal['via'] } | undefined {
  const authorization = request.headers.get('authorization')
  if (authorization !== null) {
    const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization)?.[1]
    if (!token) throw new ApiError('token_invalid')
    return { token, via: 'header' }
  }
  const tokens = new Set(cookieValues(request, LOOP_TOKEN_COOKIE).filter(Boolean))
  if (tokens.size > 1) throw new ApiError('token_invalid', { detail: 'Several loopToken cookies were sent.' })
  const [token] = tokens
  return token === undefined ? undefined : { token, via: 'cookie' }
}

/**
 * The caller of a request, with roles and memberships as the database has them now: one signature check and one query.
 * @throws {ApiError} `unauthenticated`, `token_invalid`, `token_expired`, `session_revoked`, `user_banned`
 */
export async function authenticate(request: Request, env: Env): Promise<Principal> {
  const presented = presentedToken(request)
  if (!presented) throw new ApiError('unauthenticated')

  const verified = await verifyLoopToken(presented.token, env.keys, verifyOptions(env))
  if (!verified.ok) throw new ApiError(verified.reason === 'expired' ? 'token_expired' : 'token_invalid')
  const { claims } = verified

  const session = await findSession(env.db, claims.sid)
  if (!session?.tenant || session.tenant.user.identity !== claims.sub) throw new ApiError('session_revoked')
  if (session.revokedAt !== null || claims.gen < session.generation) throw new ApiError('session_revoked')
  if (session.tenant.user.state !== 'active') throw new ApiError('user_banned')
  return { session, tenant: session.tenant, claims, via: presented.via }
}

/** How this installation verifies its own tokens. */
export function verifyOptions({ config, clock }: Pick<Env, 'config' | 'clock'>): VerifyOptions {
  return {
    issuer: config.issuer,
    clockSkewSeconds: config.token.clockSkewSeconds,
    maxBytes: config.token.maxBytes,
    now: clock.now(),
  }
}
