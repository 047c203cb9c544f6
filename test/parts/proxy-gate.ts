import proxy from '../../functions/authlance/identity/[...path].ts'
import { listen } from '../../runtime/node/listen.ts'
import { createServing } from '../../runtime/node/serving.ts'
import { routes } from '../../runtime/routes.generated.ts'
import { sendLines } from './send-lines.ts'
import { type StubUpstream, startStubUpstream } from './stub-upstream.ts'
import { createTestEnv, type TestEnv, type TestEnvOptions } from './test-env.ts'

/** The public API on a real port, with a stub in the place of Kratos. */
export interface Gate extends TestEnv {
  url: string
  kratos: StubUpstream
  /** Calls a path below the prefix over HTTP; redirects are answers. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** Calls the proxy's handler itself, as an edge runtime does. */
  handle(path: string, init?: RequestInit): Promise<Response>
  /** Sends lines as they are, and gives back the whole answer. */
  raw(...lines: string[]): Promise<string>
  close(): Promise<void>
}

const PREFIX = '/authlance/identity/'

export async function startGate(options: TestEnvOptions = {}): Promise<Gate> {
  const kratos = await startStubUpstream()
  const { kratos: kratosKeys, ...keys } = options.config ?? {}
  const config = { ...keys, kratos: { url: kratos.url, ...(kratosKeys as object) } }
  const test = await createTestEnv({ ...options, config })
  const publicRoutes = routes.map(({ route }) => route).filter((route) => route.listener !== 'internal')
  const serving = createServing(test.env)
  const listener = await listen(publicRoutes, () => serving, { host: '127.0.0.1', port: 0 })

  return {
    ...test,
    url: listener.url,
    kratos,
    fetch: (path, init) => fetch(`${listener.url}${PREFIX}${path}`, { redirect: 'manual', ...init }),
    handle: (path, init) =>
      proxy.fetch(new Request(`http://gate.example.com${PREFIX}${path}`, init), test.env, test.ctx),
    raw: (...lines) => sendLines(listener.port, lines),
    async close() {
      await kratos.close()
      await listener.close()
      await test.close()
    },
  }
}
