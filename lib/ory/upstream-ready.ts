/** Whether an Ory server says that it is ready, within the time limit. */
export async function upstreamReady(
  url: string,
  timeoutMs: number,
  fetcher: typeof fetch = (input, init) => fetch(input, init),
): Promise<boolean> {
  try {
    const response = await fetcher(`${url}/health/ready`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await response.body?.cancel()
    return response.status === 200
  } catch {
    return false
  }
}
