export interface TextRequest {
  method?: string
  headers: Record<string, string>
  body?: string
}

export interface TextAnswer {
  status: number
  retryAfter: string | null
  link?: string | null
  /** Empty where {@link isUsable} says no. */
  text: string
}

/**
 * Sends one request and reads the whole answer as text, within a time limit that covers both. Redirects are answers. Rejects when
 * the connection fails or breaks off. Hosts may bring their own, since this is the larger part of an exchange's cost.
 */
export type SendText = (
  url: string,
  request: TextRequest,
  timeoutMs: number,
) => Promise<TextAnswer | 'timeout'>

/** Whether the body of such an answer matters; that of a failure is not waited for. */
export function isUsable(status: number): boolean {
  return status !== 429 && status < 500
}

/** Sends with `fetch`. */
export const sendByFetch: SendText = async (url, request, timeoutMs) => {
  const controller = new AbortController()
  // A timer of our own ends with the call; that of AbortSignal.timeout would go on, and make an error that nobody reads.
  const timer = setTimeout(() => controller.abort(), timeoutMs)
  try {
    const response = await fetch(url, { ...request, redirect: 'manual', signal: controller.signal })
    const { status, headers } = response
    const retryAfter = headers.get('retry-after')
    const link = headers.get('link')
    if (isUsable(status)) return { status, retryAfter, link, text: await response.text() }
    await response.body?.cancel()
    return { status, retryAfter, text: '' }
  } catch (error) {
    if (controller.signal.aborted) return 'timeout'
    throw error
  } finally {
    clearTimeout(timer)
  }
}
