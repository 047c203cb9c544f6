import { LOOP_TOKEN_COOKIE } from '../auth/loop-token-cookie.ts'
import { headerTokens } from '../auth/own-credential.ts'
import { cookieHeaderWithout, cookieValues } from '../http/cookies.ts'
import { forwardedHeaders, isForgedClientHeader, type Peer } from '../http/forwarded.ts'
import { type Trace, traceHeaders } from '../http/trace.ts'

/** Of one connection alone. @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** `Host` is that of the URL called; `Expect` was answered by our own server. */
const REPLACED = ['host', 'expect', 'accept-encoding', 'traceparent', 'tracestate', 'x-request-id']

/**
 * The headers of a request as Kratos or Hydra gets them: without those of the connection, without our own credentials, and with
 * the client's address, the trace and the request id. The answer is asked for unencoded, so that it can be passed on as it is.
 * @param length `sent` keeps the `Content-Length`; else `fetch` sets it from the body, if there is one
 * @param isOurs whether a token is one of our own credentials
 */
export function upstreamHeaders(
  request: Request,
  peer: Peer,
  trace: Trace,
  length: 'sent' | 'computed',
  isOurs: (token: string) => boolean,
): Headers {
  const headers = withoutHopByHop(request.headers)
  for (const [name, value] of [...headers]) {
    const isOwn = (name === 'authorization' || name === 'x-session-token') && headerTokens(value).some(isOurs)
    if (isOwn || REPLACED.includes(name) || isForgedClientHeader(name, peer)) headers.delete(name)
  }
  if (length === 'computed') headers.delete('content-length')
  if (cookieValues(request, LOOP_TOKEN_COOKIE).length) {
    const cookies = cookieHeaderWithout(request, LOOP_TOKEN_COOKIE)
    if (cookies) headers.set('cookie', cookies)
    else headers.delete('cookie')
  }
  const own = { 'accept-encoding': 'identity', ...forwardedHeaders(request, peer), ...traceHeaders(trace) }
  for (const [name, value] of Object.entries(own)) headers.set(name, value)
  return headers
}

/** The headers of the answer as the caller gets them. An encoding sent in spite of our asking is undone. */
export function answerHeaders(response: { headers: Headers }): Headers {
  const headers = withoutHopByHop(response.headers)
  if (headers.has('content-encoding')) {
    headers.delete('content-encoding')
    headers.delete('content-length')
  }
  return headers
}

function withoutHopByHop(source: Headers): Headers {
  const headers = new Headers(source)
  const named = (source.get('connection') ?? '').split(',').map((name) => name.trim().toLowerCase())
  for (const name of [...HOP_BY_HOP, ...named]) {
    if (/^[\w!#$%&'*+.^`|~-]+$/.test(name)) headers.delete(name)
  }
  return headers
}
