import { clearLoopTokenCookie, LOOP_TOKEN_COOKIE } from '../auth/loop-token-cookie.ts'
import type { Env, ExecutionContext } from '../env.ts'
import { cookieValues } from '../http/cookies.ts'
import { ApiError } from '../http/errors.ts'
import { peerOf } from '../http/forwarded.ts'
import { brokenOff, readBytes } from '../http/read-body.ts'
import type { Trace } from '../http/trace.ts'
import { proxyFetch } from './proxy-fetch.ts'
import { answerHeaders, upstreamHeaders } from './proxy-headers.ts'
import { requireOwnPage } from './proxy-origin.ts'
import { leadsToAdmin, publicPath } from './proxy-path.ts'
import {
  askBefore,
  hasEnded,
  revokeEnded,
  type SessionEnd,
  sessionEndOf,
  withSessionToken,
} from './proxy-session-end.ts'

/** Room for a session token in JSON. */
const MAX_LOGOUT_BYTES = 16 * 1024

const NULL_BODY_STATUSES = [204, 205, 304]

export interface ProxyCall {
  request: Request
  env: Env
  ctx: ExecutionContext
  trace: Trace
}

type Body = ReadableStream | Uint8Array<ArrayBuffer> | null

/**
 * Relays a request to Kratos' public API and its answer back, both streamed. Where the call ends a session, that session
 * is revoked here too and the loopToken removed.
 * @param rawPath the path below the prefix, still encoded
 * @throws {ApiError} `not_found`, `origin_not_allowed`, `upstream_unavailable`, `payload_too_large`
 */
export async function proxyToKratos(call: ProxyCall, rawPath: string): Promise<Response> {
  const { request, env, ctx } = call
  const path = publicPath(rawPath)
  if (path === undefined) throw new ApiError('not_found')
  requireOwnPage(request, path, env.config)

  const end = sessionEndOf(request, path, env.config)
  if (end) {
    const settled = relaySessionEnd(call, path, end)
    // A caller that hangs up must not keep the revocation from happening.
    ctx.waitUntil(settled.catch(() => undefined))
    return settled
  }

  const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
  const answer = await relay(call, path, hasBody ? request.body : null)
  if (
    path === 'sessions/whoami' &&
    answer.status === 401 &&
    cookieValues(request, LOOP_TOKEN_COOKIE).length
  ) {
    answer.headers.append('set-cookie', clearLoopTokenCookie(env.config))
  }
  return answer
}

async function relaySessionEnd(call: ProxyCall, path: string, named: SessionEnd): Promise<Response> {
  const { request, env, trace } = call
  const body = request.method === 'GET' ? null : await readBytes(request, MAX_LOGOUT_BYTES)
  const end = named.ends === 'token' && body ? withSessionToken(named, body) : named

  const before = await askBefore(end, env, trace)
  const answer = await relay(call, path, body?.length ? body : null)
  if (!(await hasEnded(end, answer, before, env, trace))) return answer

  answer.headers.append('set-cookie', clearLoopTokenCookie(env.config))
  try {
    await revokeEnded(end, before, request, env)
  } catch (error) {
    env.log.error({ err: error, ends: end.ends }, 'session ended at Kratos is not revoked here')
  }
  return answer
}

async function relay({ request, env, ctx, trace }: ProxyCall, path: string, body: Body): Promise<Response> {
  const { kratos } = env.config
  const length = body instanceof ReadableStream ? 'sent' : 'computed'
  const headers = upstreamHeaders(request, peerOf(ctx.remoteAddress, env.config), trace, length)
  const retryMs = request.method === 'GET' || request.method === 'HEAD' ? kratos.proxyRetryMs : 0
  const init: RequestInit & { duplex: 'half' } = { method: request.method, headers, body, duplex: 'half' }

  const startedAt = performance.now()
  const observe = (outcome: string) =>
    env.metrics.observeUpstream('kratos', 'proxy', outcome, performance.now() - startedAt)
  try {
    const url = `${kratos.url}/${path}${new URL(request.url).search}`
    const answer = await proxyFetch(url, init, { timeoutMs: kratos.proxyTimeoutMs, retryMs })
    observe(String(answer.status))
    return passOn(answer, path, kratos)
  } catch (error) {
    if (request.signal.aborted) {
      observe('aborted')
      throw brokenOff(error)
    }
    if (error instanceof ApiError && error.code === 'upstream_unavailable') {
      observe('unavailable')
      env.log.warn({ err: error.cause }, 'Kratos gives no answer')
    }
    throw error
  }
}

function passOn(answer: Response, path: string, kratos: Env['config']['kratos']): Response {
  const location = answer.headers.get('location')
  if (location !== null && leadsToAdmin(location, path, kratos)) {
    void answer.body?.cancel().catch(() => undefined)
    throw new ApiError('not_found')
  }
  const { status, statusText } = answer
  const body = NULL_BODY_STATUSES.includes(status) ? null : answer.body
  return new Response(body, { status, statusText, headers: answerHeaders(answer) })
}
