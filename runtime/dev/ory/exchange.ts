import { STATUS_CODES } from 'node:http'
import { type CsrfState, readCsrfCookie, regenerateCsrf } from './csrf.ts'
import type { Emulator } from './emulator.ts'
import { KratosError, kratosError } from './kratos-error.ts'

/** One request on its way through the emulator, with the headers its answer will carry. */
export interface Exchange {
  emulator: Emulator
  request: Request
  url: URL
  cookies: Map<string, string[]>
  csrf: CsrfState
  headers: Headers
  /** The body, read once. */
  body(): Promise<string>
}

export function createExchange(emulator: Emulator, request: Request): Exchange {
  const url = new URL(request.url)
  url.pathname = url.pathname.replace(/\/{2,}/g, '/')
  const cookies = parseCookies(request.headers.get('cookie') ?? '')
  let body: Promise<string> | undefined
  return {
    emulator,
    request,
    url,
    cookies,
    csrf: readCsrfCookie(cookies.get(emulator.csrfCookieName) ?? []),
    headers: new Headers(),
    body() {
      body ??= request.text()
      return body
    },
  }
}

/** Puts a fresh anti-CSRF token into the answer, as Kratos does whenever the signed-in person changes. */
export function renewCsrf(exchange: Exchange): string {
  const cookie = regenerateCsrf(exchange.emulator, exchange.csrf)
  if (cookie) exchange.headers.append('set-cookie', cookie)
  return exchange.csrf.token
}

/** The URL that the caller used, as a flow remembers it: behind a proxy, the proxy's. */
export function requestUrl({ url, request }: Exchange): string {
  const host = request.headers.get('x-forwarded-host') ?? url.host
  const scheme = request.headers.get('x-forwarded-proto') ?? url.protocol.replace(':', '')
  return `${scheme}://${host}${url.pathname}${url.search}`
}

export function json(exchange: Exchange, value: unknown, status = 200): Response {
  exchange.headers.set('content-type', 'application/json; charset=utf-8')
  return answer(exchange, `${JSON.stringify(value)}\n`, status)
}

export function errorJson(exchange: Exchange, error: KratosError): Response {
  exchange.headers.set('content-type', 'application/json')
  return answer(exchange, `${JSON.stringify(error.body)}\n`, error.detail.code)
}

/** Answers with what was thrown; a fault of our own is reported and answered with 500. */
export function failureJson(exchange: Exchange, error: unknown): Response {
  if (error instanceof KratosError) return errorJson(exchange, error)
  exchange.emulator.onError(error)
  return errorJson(exchange, kratosError(500))
}

export function noContent(exchange: Exchange): Response {
  return answer(exchange, null, 204)
}

/** Plain text as Go's `http.Error` writes it. */
export function plainText(exchange: Exchange, text: string, status: number): Response {
  exchange.headers.set('content-type', 'text/plain; charset=utf-8')
  exchange.headers.set('x-content-type-options', 'nosniff')
  return answer(exchange, `${text}\n`, status)
}

/** A redirect as Go writes it: with a small page for GET, without a body for other methods. */
export function redirect(exchange: Exchange, location: string, status = 303): Response {
  exchange.headers.set('location', location)
  if (exchange.request.method !== 'GET' && exchange.request.method !== 'HEAD')
    return answer(exchange, null, status)

  exchange.headers.set('content-type', 'text/html; charset=utf-8')
  return answer(exchange, `<a href="${escapeHtml(location)}">${STATUS_CODES[status]}</a>.\n\n`, status)
}

function answer({ headers, request }: Exchange, body: string | null, status: number): Response {
  return new Response(request.method === 'HEAD' ? null : body, { status, headers })
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&#34;')
    .replaceAll("'", '&#39;')
}

function parseCookies(header: string): Map<string, string[]> {
  const cookies = new Map<string, string[]>()
  for (const pair of header.split(';')) {
    const split = pair.indexOf('=')
    if (split < 0) continue
    const name = pair.slice(0, split).trim()
    const value = pair
      .slice(split + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
    cookies.set(name, [...(cookies.get(name) ?? []), value])
  }
  return cookies
}
