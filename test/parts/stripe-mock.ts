import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { atExit } from './at-exit.ts'
import { freePort } from './free-port.ts'
import { goProgram } from './go-program.ts'
import { type RunningProcess, runProcess, startProcess } from './process.ts'

const VERSION = 'v0.203.0'
const PATH = join(import.meta.dirname, '../../.cache/stripe-mock', VERSION, 'stripe-mock')

/** The path of Stripe's own mock when it is built. */
export function cachedStripeMock(): string | undefined {
  return existsSync(PATH) ? PATH : undefined
}

/** Builds Stripe's own mock with Go, in seconds, checked against Go's checksum database. */
export async function buildStripeMock(): Promise<string> {
  const go = goProgram()
  if (!go) throw new Error('building stripe-mock needs a newer Go than is installed here, if one is')
  const unfinished = `${dirname(PATH)}.${process.pid}`
  atExit(() => rmSync(unfinished, { recursive: true, force: true }))
  await runProcess(go, ['install', `github.com/stripe/stripe-mock@${VERSION}`], {
    cwd: '/',
    env: { GOBIN: unfinished, CGO_ENABLED: '0' },
  })
  mkdirSync(dirname(PATH), { recursive: true })
  renameSync(join(unfinished, 'stripe-mock'), PATH)
  return PATH
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
