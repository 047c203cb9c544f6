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
  const sameSite = request.headers.get('sec-fetch-site') === 'same-origin'
  if (sameSite && (!origin || hasHost(origin, request))) return
  throw new ApiError('origin_not_allowed')
}

function isAllowed(origin: string, request: Request, config: Config): boolean {
  return allowedOrigins(config).includes(origin) || origin === new URL(request.url).origin
}

/** Same host, whatever the scheme: TLS may end in front of us. */
function hasHost(origin: string, request: Request): boolean {
  return URL.canParse(origin) && new URL(origin).host === new URL(request.url).host
}
