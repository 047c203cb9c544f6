import { type LoopTokenClaims, signLoopToken, type TokenUser } from '../auth/loop-token.ts'
import { loopTokenCookie } from '../auth/loop-token-cookie.ts'
import type { TokenKeys } from '../auth/token-keys.ts'
import type { Config } from '../config.ts'
import type { KnownSession, Tenant } from './principal.ts'
import { profileGaps } from './profile-gaps.ts'
import { tenantAnswer } from './user-answer.ts'

/** Browsers drop a cookie whose name, value and attributes pass 4,096 bytes. */
const MAX_COOKIE_BYTES = 4096

export interface IssuedToken {
  token: string
  /** `Set-Cookie` value. */
  cookie: string
  missing: string[]
}

/**
 * Signs a loopToken for an admitted session. The token never outlives the Kratos session. When it is too long for a cookie, the
 * cookie carries one without groups: the API reads groups and roles from the database anyway.
 * @param now milliseconds since the epoch
 */
export async function issueToken(
  { keys, config }: { keys: TokenKeys; config: Config },
  session: KnownSession & { tenant: Tenant },
  now: number,
): Promise<IssuedToken> {
  const claims = claimsOf(session, config, now)
  const token = await signLoopToken(claims, keys)
  const maxAgeSeconds = claims.exp - claims.iat
  const cookie = loopTokenCookie(token, maxAgeSeconds, config)
  const missing = claims.missing ?? []
  if (cookie.length <= MAX_COOKIE_BYTES) return { token, cookie, missing }

  const user: TokenUser = { ...claims.user, groups: [], groupRoles: [], truncated: true }
  const short = await signLoopToken({ ...claims, user }, keys)
  return { token, cookie: loopTokenCookie(short, maxAgeSeconds, config), missing }
}

function claimsOf(session: KnownSession & { tenant: Tenant }, config: Config, now: number): LoopTokenClaims {
  const { tenant } = session
  const issuedAt = Math.floor(now / 1000)
  const sessionEnd = Math.floor(session.expiresAt / 1000)
  const missing = profileGaps(tenant.user, config)
  return {
    iss: config.issuer,
    sub: tenant.user.identity,
    sid: session.sid,
    jti: crypto.randomUUID(),
    iat: issuedAt,
    exp: Math.min(issuedAt + config.token.ttlSeconds, sessionEnd),
    gen: session.generation,
    user: tenantAnswer(tenant),
    ...(missing.length && { missing }),
  }
}
