import { isOwnCredential } from '../auth/own-credential.ts'
import type { Env } from '../env.ts'
import { cookieHeaderOnly } from '../http/cookies.ts'
import { requireOwnOrigin } from '../http/origin.ts'
import type { KratosCredential } from '../ory/kratos.ts'

/**
 * What a request proves its Kratos session with: `X-Session-Token`, a bearer session token, else the cookie. A header that is there
 * counts alone. Our own tokens are no Kratos credential and never reach it.
 * @throws {ApiError} `origin_not_allowed` when a cookie comes with an unsafe request of another site
 */
export function kratosCredential(request: Request, env: Pick<Env, 'config'>): KratosCredential | undefined {
  const sessionToken = request.headers.get('x-session-token')
  if (sessionToken !== null) return isForeign(sessionToken) ? { sessionToken } : undefined
  const authorization = request.headers.get('authorization')
  if (authorization !== null) {
    const token = /^Bearer +([^\s]+) *$/i.exec(authorization)?.[1]
    return token && isForeign(token) ? { sessionToken: token } : undefined
  }
  const cookie = cookieHeaderOnly(request, env.config.kratos.sessionCookie)
  if (!cookie) return undefined
  requireOwnOrigin(request, env.config)
  return { cookie }
}

/** Longer ones are no session tokens. */
const MAX_TOKEN_LENGTH = 4096

function isForeign(token: string): boolean {
  return token !== '' && token.length <= MAX_TOKEN_LENGTH && !isOwnCredential(token)
}
