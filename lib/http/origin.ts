import { allowedOrigins } from '../config/allowed-origins.ts'
import type { Config } from '../config.ts'
import { ApiError } from './errors.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The request's origin when pages of that origin may call us with credentials, for CORS. */
export function corsOrigin(request: Request, config: Config): string | undefined {
  const origin = request.headers.get('origin')
  return origin && origin !== 'null' && isAllowed(origin, request, config) ? origin : undefined
}

/**
 * Refuses an unsafe request that another site's page may have made the browser send. To be called when the credential is a cookie;
 * requests that carry a header credential need no check, since no page can make a browser add one.
 * @throws {ApiError} `origin_not_allowed`
 */
export function requireOwnOrigin(request: Request, config: Config): void {
  if (SAFE_METHODS.has(request.method)) return
  const origin = request.headers.get('origin')
  if (origin === 'null') throw new ApiError('origin_not_allowed')
  if (origin && isAllowed(origin, request, config)) return
  if (!origin && request.headers.get('sec-fetch-site') === 'same-origin') return
  throw new ApiError('origin_not_allowed')
}

function isAllowed(origin: string, request: Request, config: Config): boolean {
  return allowedOrigins(config).includes(origin) || isOwn(origin, request, config)
}

/**
 * Whether a page of our own host asks, over https whatever scheme we see: TLS may end in front of us. Over plain http only where the
 * browser sends our cookie too, or else whoever is on the way could write such a page.
 */
function isOwn(origin: string, request: Request, config: Config): boolean {
  const { host, hostname } = new URL(request.url)
  if (origin === originOf('https', host)) return true
  return (!config.cookie.secure || LOOPBACK.test(hostname)) && origin === originOf('http', host)
}

/** Browsers send Secure cookies to these over plain http as well. */
const LOOPBACK = /^((.+\.)?localhost|127\.0\.0\.1|\[::1\])$/

/** Without the usual port of the scheme, which `Host` may spell out. */
function originOf(scheme: 'http' | 'https', host: string): string {
  return new URL(`${scheme}://${host}`).origin
}
