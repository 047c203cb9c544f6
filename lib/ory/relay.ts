import type { Env, ExecutionContext } from '../env.ts'
import { ApiError } from '../http/errors.ts'
import { peerOf } from '../http/forwarded.ts'
import { brokenOff } from '../http/read-body.ts'
import type { Trace } from '../http/trace.ts'
import { type ProxyAnswer, type ProxyBody, proxyFetch } from './proxy-fetch.ts'
import { answerHeaders, upstreamHeaders } from './proxy-headers.ts'
import { leadsToAdmin } from './proxy-path.ts'

const NULL_BODY_STATUSES = [204, 205, 304]
const NAMES = { kratos: 'Kratos', hydra: 'Hydra' }

export interface ProxyCall {
  request: Request
  env: Env
  ctx: ExecutionContext
  trace: Trace
}

/** The public API of an Ory program. */
export interface RelayTarget {
  service: 'kratos' | 'hydra'
  url: string
  adminUrl: string | undefined
  /** Longest wait for the headers of an answer. */
  timeoutMs: number
  /** How long a GET is tried again while connections fail. */
  retryMs: number
  /** Whether a token in a header is ours, and so no business of the program. */
  isOurs(token: string): boolean
}

/** The body of a request as it streams in. */
export function streamedBody({ method, body }: Request): ProxyBody {
  return method === 'GET' || method === 'HEAD' ? null : body
}

/**
 * Relays a request to a path on the public API of an Ory program and its answer back, both streamed. Does not check the path.
 * @throws {ApiError} `upstream_unavailable`; `invalid_request` when the caller breaks off; `not_found` for a redirect to the admin API
 */
export async function relay(
  { request, env, ctx, trace }: ProxyCall,
  target: RelayTarget,
  path: string,
  body: ProxyBody,
): Promise<Response> {
  const length = body instanceof ReadableStream ? 'sent' : 'computed'
  const peer = peerOf(ctx.remoteAddress, env.config)
  const headers = upstreamHeaders(request, peer, trace, length, target.isOurs)
  const retryMs = request.method === 'GET' || request.method === 'HEAD' ? target.retryMs : 0

  const startedAt = performance.now()
  const observe = (outcome: string) =>
    env.metrics.observeUpstream(target.service, 'proxy', outcome, performance.now() - startedAt)
  try {
    const url = `${target.url}/${path}${new URL(request.url).search}`
    const sent = { method: request.method, headers, body }
    const answer = await proxyFetch(url, sent, { send: env.proxySend, timeoutMs: target.timeoutMs, retryMs })
    observe(String(answer.status))
    return passOn(answer, path, target)
  } catch (error) {
    if (request.signal.aborted) {
      observe('aborted')
      throw brokenOff(error)
    }
    if (error instanceof ApiError && error.code === 'upstream_unavailable') {
      observe('unavailable')
      env.log.warn({ err: error.cause }, `${NAMES[target.service]} gives no answer`)
    }
    throw error
  }
}

function passOn(answer: ProxyAnswer, path: string, target: RelayTarget): Response {
  const location = answer.headers.get('location')
  if (location !== null && leadsToAdmin(location, path, target)) {
    if (answer.body instanceof ReadableStream) void answer.body.cancel().catch(() => undefined)
    throw new ApiError('not_found')
  }
  const { status, statusText } = answer
  const body = NULL_BODY_STATUSES.includes(status) ? null : answer.body
  return new Response(body, { status, statusText, headers: answerHeaders(answer) })
}
