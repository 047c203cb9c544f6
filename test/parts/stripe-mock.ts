import { freePort } from './free-port.ts'
import { installedModule, STRIPE_MOCK } from './go-install.ts'
import { type RunningProcess, startProcess } from './process.ts'

/** The path of Stripe's own mock when it is built. */
export function cachedStripeMock(): string | undefined {
  return installedModule(STRIPE_MOCK)
}

export interface StripeMock {
  url: string
  stop(): ReturnType<RunningProcess['stop']>
}

/** Starts it on a loopback port. It remembers nothing, and checks each request against Stripe's OpenAPI. */
export async function startStripeMock(): Promise<StripeMock> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  // Without an address of its own, HTTPS would be served on every interface, at a port that another may have.
  const args = ['-http-addr', `127.0.0.1:${port}`, '-https-addr', '127.0.0.1:0']
  const mock = startProcess(cachedStripeMock()!, args, { discardStdout: true })
  const headers = { authorization: 'Bearer sk_test_123' }
  await mock.waitForProbe(async () => (await fetch(`${url}/v1/account`, { headers })).ok)
  return { url, stop: mock.stop }
}
