import type { Metrics } from '../metrics.ts'
import { isUsable, type SendText, type TextAnswer, type TextRequest } from './send-text.ts'

/** A call that gave no usable answer: the upstream refused, was slow, or broke off. */
export interface UpstreamFailure {
  kind: 'unavailable'
  reason: 'connection' | 'timeout' | 'status' | 'body'
  status?: number
  /** Seconds, as the upstream asked. */
  retryAfterSeconds?: number
}

export interface UpstreamAnswer {
  kind: 'answer'
  status: number
  body: unknown
  /** The `Link` header. */
  link?: string
}

export interface Upstream {
  service: 'kratos' | 'hydra'
  send: SendText
  timeoutMs: number
  metrics: Metrics
}

/**
 * One call with a time limit that covers the body too, tried once more when the connection fails.
 * Redirects are answers: Kratos' public port redirects some paths to its admin address.
 * @param tries 1 for what must not happen twice
 */
export async function upstreamJson(
  upstream: Upstream,
  operation: string,
  url: string,
  request: TextRequest,
  tries: 1 | 2 = 2,
): Promise<UpstreamAnswer | UpstreamFailure> {
  const startedAt = performance.now()
  const result = await attempt(upstream, url, request)
  const settled =
    tries === 2 && result.kind === 'unavailable' && result.reason === 'connection'
      ? await attempt(upstream, url, request)
      : result
  const outcome = settled.kind === 'answer' ? String(settled.status) : settled.reason
  upstream.metrics.observeUpstream(upstream.service, operation, outcome, performance.now() - startedAt)
  return settled
}

async function attempt({ send, timeoutMs }: Upstream, url: string, request: TextRequest) {
  try {
    const answer = await send(url, request, timeoutMs)
    if (answer === 'timeout') return { kind: 'unavailable', reason: 'timeout' } as const
    return isUsable(answer.status) ? parseAnswer(answer) : failedStatus(answer)
  } catch {
    return { kind: 'unavailable', reason: 'connection' } as const
  }
}

function failedStatus({ status, retryAfter }: TextAnswer): UpstreamFailure {
  const seconds = Number(retryAfter)
  return {
    kind: 'unavailable',
    reason: 'status',
    status,
    ...(Number.isInteger(seconds) && seconds > 0 && { retryAfterSeconds: Math.min(seconds, 3600) }),
  }
}

function parseAnswer({ status, link, text }: TextAnswer): UpstreamAnswer | UpstreamFailure {
  const head = { kind: 'answer', status, ...(link && { link }) } as const
  if (text === '') return { ...head, body: undefined }
  try {
    return { ...head, body: JSON.parse(text) as unknown }
  } catch {
    return { kind: 'unavailable', reason: 'body', status }
  }
}

/** The failure that a status which nobody expects stands for. */
export function unexpectedStatus(status: number): UpstreamFailure {
  return { kind: 'unavailable', reason: 'status', status }
}
