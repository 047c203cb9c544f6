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
 * Signs a loopToken for an admitted session. The token never outlives the Kratos session. One that is too long, for a cookie or for
 * our own limit, leaves out groups and then names: the API reads them from the database anyway.
 * @param now milliseconds since the epoch
 */
export async function issueToken(
  { keys, config }: { keys: TokenKeys; config: Config },
  session: KnownSession & { tenant: Tenant },
  now: number,
): Promise<IssuedToken> {
  const claims = claimsOf(session, config, now)
  const cookieOf = (token: string) => loopTokenCookie(token, claims.exp - claims.iat, config)
  const missing = claims.missing ?? []

  let token: string | undefined
  let short = ''
  for (const user of everShorter(claims.user)) {
    short = await signLoopToken({ ...claims, user }, keys)
    if (short.length <= config.token.maxBytes) token ??= short
    if (cookieOf(short).length <= MAX_COOKIE_BYTES) break
  }
  return { token: token ?? short, cookie: cookieOf(short), missing }
}

/** The user whole, then with less and less that the API does not need. */
function* everShorter(user: TokenUser): Generator<TokenUser> {
  yield user
  const withoutGroups: TokenUser = { ...user, groups: [], groupRoles: [], truncated: true }
  yield withoutGroups
  const { avatar: _, ...nameless } = withoutGroups
  yield { ...nameless, firstName: '', lastName: '' }
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
