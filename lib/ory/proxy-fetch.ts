import { pause } from '../async/pause.ts'
import { ApiError } from '../http/errors.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 250

export type ProxyBody = ReadableStream | Uint8Array<ArrayBuffer> | null

export interface ProxyRequest {
  method: string
  headers: Headers
  body: ProxyBody
}

/** An answer to be passed on. An encoding of its body is undone, though `content-encoding` may still name it. */
export interface ProxyAnswer {
  status: number
  statusText: string
  headers: Headers
  body: ProxyBody
}

/**
 * Sends one request; redirects are answers. Rejects when the connection fails, or when the signal aborts before the answer is there.
 * Hosts may bring their own, since this is most of what a proxied call costs.
 */
export type ProxySend = (url: string, request: ProxyRequest, signal: AbortSignal) => Promise<ProxyAnswer>

/** Sends with `fetch`. */
export const proxyByFetch: ProxySend = (url, request, signal) => {
  const init: RequestInit & { duplex: 'half' } = { ...request, redirect: 'manual', signal, duplex: 'half' }
  return fetch(url, init)
}

export interface ProxyFetchOptions {
  send: ProxySend
  /** Longest wait for the answer's headers; a body that is streamed may take longer. */
  timeoutMs: number
  /** How long a failed connection is tried again; 0 for calls that must not happen twice. */
  retryMs: number
}

/**
 * Sends until there is an answer. A connection that fails is tried again within `retryMs`, so that a restart of the upstream goes
 * unnoticed; a time limit that was reached is not.
 * @throws {ApiError} `upstream_unavailable`
 */
export async function proxyFetch(
  url: string,
  request: ProxyRequest,
  options: ProxyFetchOptions,
): Promise<ProxyAnswer> {
  const deadline = performance.now() + options.retryMs
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const result = await attempt(url, request, options)
    if ('status' in result) return result
    if (result.timedOut || performance.now() + pauseMs > deadline) {
      throw new ApiError('upstream_unavailable', { cause: result.cause })
    }
    await pause(pauseMs)
  }
}

async function attempt(
  url: string,
  request: ProxyRequest,
  { send, timeoutMs }: ProxyFetchOptions,
): Promise<ProxyAnswer | { timedOut: boolean; cause: unknown }> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), timeoutMs)
  try {
    return await send(url, request, controller.signal)
  } catch (cause) {
    return { timedOut: controller.signal.aborted, cause }
  } finally {
    clearTimeout(timer)
  }
}
