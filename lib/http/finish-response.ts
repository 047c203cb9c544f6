import type { Config } from '../config.ts'
import { ApiError } from './errors.ts'
import { corsOrigin } from './origin.ts'
import type { Trace } from './trace.ts'

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-site',
  'cache-control': 'no-store',
}
const HTTPS_ONLY = { 'strict-transport-security': 'max-age=31536000' }
const HTTPS_SECURITY_HEADERS = { ...SECURITY_HEADERS, ...HTTPS_ONLY }

/** What the headers that every answer carries depend on. */
export interface AnsweredRequest {
  request: Request
  config: Config
  trace: Trace
}

/** The answer of a plain value: JSON, or no body for undefined. @param extra headers that the handler set */
export function jsonResponse(
  value: unknown,
  status: number,
  extra: Headers,
  { request, config, trace }: AnsweredRequest,
): Response {
  const body = value === undefined || request.method === 'HEAD' ? null : JSON.stringify(value)
  // One record of all headers: hosts take it much faster than one header after the other.
  const headers: Record<string, string> = {
    ...(config.cookie.secure ? HTTPS_SECURITY_HEADERS : SECURITY_HEADERS),
    vary: 'Origin',
    'x-request-id': trace.requestId,
  }
  if (value !== undefined) headers['content-type'] = 'application/json'
  for (const [name, text] of extra) headers[name] = name === 'vary' ? `${text}, Origin` : text
  const origin = corsOrigin(request, config)
  if (origin) Object.assign(headers, corsHeaders(origin))

  const response = new Response(body, { status, headers })
  if (headers['set-cookie'] !== undefined) setCookies(response, extra.getSetCookie())
  return response
}

/**
 * Adds what every answer carries to one that was made elsewhere: request id, CORS for an allowed origin and, on our own answers,
 * security headers. Changes the headers of `response` itself, so it must not be one that `fetch` gave.
 */
export function finishResponse(
  response: Response,
  { request, config, trace }: AnsweredRequest,
  proxied = false,
): Response {
  const { headers } = response
  headers.set('x-request-id', trace.requestId)
  if (proxied) dropUpstreamCors(headers)
  headers.append('vary', 'Origin')
  const origin = corsOrigin(request, config)
  if (origin) setAll(headers, corsHeaders(origin))
  if (!proxied) {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      if (!headers.has(name)) headers.set(name, value)
    }
    if (config.cookie.secure) setAll(headers, HTTPS_ONLY)
  }
  if (request.method !== 'HEAD') return response
  void response.body?.cancel().catch(() => undefined)
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
function corsHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Link, X-Request-Id, Retry-After',
  }
}

/** A record holds one value for each name, and cookies cannot be joined to one. */
function setCookies(response: Response, cookies: string[]): void {
  if (cookies.length === 1) return
  response.headers.delete('set-cookie')
  for (const cookie of cookies) response.headers.append('set-cookie', cookie)
}

function setAll(headers: Headers, record: Record<string, string>): void {
  for (const [name, value] of Object.entries(record)) headers.set(name, value)
}
