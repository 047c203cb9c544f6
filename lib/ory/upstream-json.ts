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

export interface Upstream {
  service: 'kratos' | 'hydra'
  send: SendText
  timeoutMs: number
  metrics: Metrics
}

/**
 * One call with a time limit that covers the body too, tried once more when the connection fails.
 * Redirects are answers: Kratos' public port redirects some paths to its admin address.
 */
export async function upstreamJson(
  upstream: Upstream,
  operation: string,
  url: string,
  request: TextRequest,
): Promise<{ kind: 'answer'; status: number; body: unknown } | UpstreamFailure> {
  const startedAt = performance.now()
  const result = await attempt(upstream, url, request)
  const settled =
    result.kind === 'unavailable' && result.reason === 'connection'
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

function parseAnswer({ status, text }: TextAnswer) {
  if (text === '') return { kind: 'answer', status, body: undefined } as const
  try {
    return { kind: 'answer', status, body: JSON.parse(text) as unknown } as const
  } catch {
    return { kind: 'unavailable', reason: 'body', status } as const
  }
}

/** The failure that a status which nobody expects stands for. */
export function unexpectedStatus(status: number): UpstreamFailure {
  return { kind: 'unavailable', reason: 'status', status }
}
