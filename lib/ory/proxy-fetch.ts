import { pause } from '../async/pause.ts'
import { ApiError } from '../http/errors.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 250

export interface ProxyFetchOptions {
  /** Longest wait for the headers of an answer; the body may take longer. */
  timeoutMs: number
  /** How long a failed connection is tried again; 0 for calls that must not happen twice. */
  retryMs: number
}

/**
 * A `fetch` whose redirects are answers. A connection that fails is tried again within `retryMs`, so that a restart of the
 * upstream goes unnoticed; a time limit that was reached is not.
 * @throws {ApiError} `upstream_unavailable`
 */
export async function proxyFetch(
  url: string,
  init: RequestInit,
  options: ProxyFetchOptions,
): Promise<Response> {
  const deadline = performance.now() + options.retryMs
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const result = await attempt(url, init, options.timeoutMs)
    if (result instanceof Response) return result
    if (result.timedOut || performance.now() + pauseMs > deadline) {
      throw new ApiError('upstream_unavailable', { cause: result.cause })
    }
    await pause(pauseMs)
  }
}

async function attempt(
  url: string,
  init: RequestInit,
  timeoutMs: number,
): Promise<Response | { timedOut: boolean; cause: unknown }> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), timeoutMs)
  try {
    return await fetch(url, { ...init, redirect: 'manual', signal: controller.signal })
  } catch (cause) {
    return { timedOut: controller.signal.aborted, cause }
  } finally {
    clearTimeout(timer)
  }
}
