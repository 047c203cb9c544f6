import { isOwnCredential } from '../auth/own-credential.ts'
import type { Config } from '../config.ts'
import { cookieHeaderOnly } from '../http/cookies.ts'
import type { KratosCredential } from './kratos.ts'

/** Longer values are no Kratos credential. */
const MAX_TOKEN_LENGTH = 4096

/**
 * What a proxied request can prove a session with, in the order in which Kratos looks: `X-Session-Token`, the cookie
 * (`X-Session-Cookie` before `Cookie`), a bearer token.
 */
export function proxiedCredentials(request: Request, { kratos }: Pick<Config, 'kratos'>): KratosCredential[] {
  const sessionCookie = request.headers.get('x-session-cookie')
  const cookie = sessionCookie
    ? `${kratos.sessionCookie}=${sessionCookie}`
    : cookieHeaderOnly(request, kratos.sessionCookie)
  return [
    ...sessionTokenCredential(request.headers.get('x-session-token')),
    ...(cookie ? [{ cookie }] : []),
    ...bearerCredential(request),
  ]
}

export function bearerCredential(request: Request): KratosCredential[] {
  return sessionTokenCredential(/^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1])
}

/** A session token as a credential; our own tokens are none and never reach Kratos. */
export function sessionTokenCredential(token: unknown): KratosCredential[] {
  const usable = typeof token === 'string' && token !== '' && token.length <= MAX_TOKEN_LENGTH
  return usable && !isOwnCredential(token) ? [{ sessionToken: token }] : []
}
