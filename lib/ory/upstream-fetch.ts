import type { Metrics } from '../metrics.ts'

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
  fetch: typeof fetch
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
  init: RequestInit,
): Promise<{ kind: 'answer'; status: number; body: unknown; headers: Headers } | UpstreamFailure> {
  const startedAt = performance.now()
  const result = await attempt(upstream, url, init)
  const settled =
    result.kind === 'unavailable' && result.reason === 'connection'
      ? await attempt(upstream, url, init)
      : result
  const outcome = settled.kind === 'answer' ? String(settled.status) : settled.reason
  upstream.metrics.observeUpstream(upstream.service, operation, outcome, performance.now() - startedAt)
  return settled
}

async function attempt(upstream: Upstream, url: string, init: RequestInit) {
  const controller = new AbortController()
  // A timer of our own ends with the call; that of AbortSignal.timeout would go on, and make an error that nobody reads.
  const timer = setTimeout(() => controller.abort(), upstream.timeoutMs)
  const { signal } = controller
  try {
    const response = await upstream.fetch(url, { ...init, redirect: 'manual', signal })
    if (response.status === 429 || response.status >= 500) {
      await response.body?.cancel()
      return failedStatus(response)
    }
    const text = await response.text()
    return parseAnswer(response, text)
  } catch {
    return { kind: 'unavailable', reason: signal.aborted ? 'timeout' : 'connection' } as const
  } finally {
    clearTimeout(timer)
  }
}

function failedStatus(response: Response): UpstreamFailure {
  const seconds = Number(response.headers.get('retry-after'))
  return {
    kind: 'unavailable',
    reason: 'status',
    status: response.status,
    ...(Number.isInteger(seconds) && seconds > 0 && { retryAfterSeconds: Math.min(seconds, 3600) }),
  }
}

function parseAnswer(response: Response, text: string) {
  const { status, headers } = response
  if (text === '') return { kind: 'answer', status, body: undefined, headers } as const
  try {
    return { kind: 'answer', status, body: JSON.parse(text) as unknown, headers } as const
  } catch {
    return { kind: 'unavailable', reason: 'body', status } as const
  }
}
