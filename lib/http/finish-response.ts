import type { Config } from '../config.ts'
import { ApiError } from './errors.ts'
import { corsOrigin } from './origin.ts'
import type { Trace } from './trace.ts'

const SECURITY_HEADERS = Object.entries({
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-site',
  'cache-control': 'no-store',
})

/**
 * Adds what every answer carries: request id, CORS for an allowed origin and, on our own answers, security headers. Changes the
 * headers of `response` itself, so it must not be one that `fetch` gave.
 */
export function finishResponse(
  response: Response,
  request: Request,
  config: Config,
  trace: Trace,
  proxied: boolean,
): Response {
  const { headers } = response
  headers.set('x-request-id', trace.requestId)
  if (proxied && request.method !== 'OPTIONS') dropUpstreamCors(headers)
  addCors(headers, corsOrigin(request, config))
  if (!proxied) {
    for (const [name, value] of SECURITY_HEADERS) {
      if (!headers.has(name)) headers.set(name, value)
    }
    if (config.cookie.secure) headers.set('strict-transport-security', 'max-age=31536000')
  }
  if (request.method !== 'HEAD') return response
  void response.body?.cancel()
  return new Response(null, { status: response.status, statusText: response.statusText, headers })
}

/** The answer to a CORS preflight, or to a plain OPTIONS. @throws {ApiError} `origin_not_allowed` */
export function preflightResponse(request: Request, config: Config, allow: string[]): Response {
  const headers = new Headers({ allow: allow.join(', ') })
  if (request.headers.has('access-control-request-method')) {
    if (!corsOrigin(request, config)) throw new ApiError('origin_not_allowed')
    headers.set('access-control-allow-methods', allow.join(', '))
    headers.set('access-control-allow-headers', ALLOWED_HEADERS)
    headers.set('access-control-max-age', '600')
  }
  return new Response(null, { status: 204, headers })
}

const ALLOWED_HEADERS = 'Authorization, Content-Type, X-Session-Token, X-Request-Id, Traceparent, Tracestate'

/** An upstream's own CORS headers give way to ours. */
function dropUpstreamCors(headers: Headers): void {
  for (const name of [...headers.keys()]) {
    if (name.startsWith('access-control-')) headers.delete(name)
  }
}

/** Echoes one origin, since credentials forbid the wildcard. */
function addCors(headers: Headers, origin: string | undefined): void {
  headers.append('vary', 'Origin')
  if (!origin) return
  headers.set('access-control-allow-origin', origin)
  headers.set('access-control-allow-credentials', 'true')
  headers.set('access-control-expose-headers', 'Link, X-Request-Id, Retry-After')
}
