import type { Config } from '../config.ts'

export const LOOP_TOKEN_COOKIE = 'loopToken'

type CookieConfig = Pick<Config, 'cookie' | 'cookieDomain'>

/** `Set-Cookie` value that stores the token for the rest of its life. Siblings read the cookie, hence `Path=/`. */
export function loopTokenCookie(token: string, maxAgeSeconds: number, config: CookieConfig): string {
  return [
    `${LOOP_TOKEN_COOKIE}=${token}`,
    `Max-Age=${Math.max(0, Math.floor(maxAgeSeconds))}`,
    ...attributes(config),
  ].join('; ')
}

/** `Set-Cookie` value that removes the token; browsers match a cookie by these same attributes. */
export function clearLoopTokenCookie(config: CookieConfig): string {
  return [
    `${LOOP_TOKEN_COOKIE}=`,
    'Max-Age=0',
    'Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    ...attributes(config),
  ].join('; ')
}

function attributes({ cookie, cookieDomain }: CookieConfig): string[] {
  return [
    'Path=/',
    ...(cookieDomain ? [`Domain=${cookieDomain}`] : []),
    `SameSite=${cookie.sameSite}`,
    ...(cookie.secure ? ['Secure'] : []),
    ...(cookie.httpOnly ? ['HttpOnly'] : []),
  ]
}
