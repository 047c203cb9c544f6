/** Whether an Ory server says that it is ready, within the time limit. */
export async function upstreamReady(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/ready`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await response.body?.cancel()
    return response.status === 200
  } catch {
    return false
  }
}
