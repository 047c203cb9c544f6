import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Env, ExecutionContext } from '../../lib/env.ts'
import type { Route } from '../../lib/http/route.ts'
import { createRouter } from '../router.ts'

export interface Listener {
  url: string
  port: number
  /** Stops accepting, lets requests that are under way finish, and waits for their late work. */
  close(): Promise<void>
}

/** Kratos' and Hydra's cookies and challenges are long. */
const MAX_HEADER_BYTES = 64 * 1024

/** Serves routes on one port. @param port 0 takes a free one */
export async function listen(
  routes: Route[],
  env: Env,
  { host, port }: { host: string; port: number },
): Promise<Listener> {
  const pending = new Set<Promise<unknown>>()
  const router = createRouter(routes)
  const server = createAdaptorServer({
    fetch: (request: Request, bindings: { incoming?: { socket?: { remoteAddress?: string } } }) =>
      router(request, { env, ctx: executionContext(pending, bindings.incoming?.socket?.remoteAddress) }),
    serverOptions: { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: 120_000, headersTimeout: 30_000 },
    overrideGlobalObjects: false,
  }) as Server

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  return {
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      await closed
      await Promise.allSettled(pending)
    },
  }
}

function executionContext(pending: Set<Promise<unknown>>, remoteAddress?: string): ExecutionContext {
  return {
    waitUntil(promise) {
      const settled = promise.catch(() => undefined).finally(() => pending.delete(settled))
      pending.add(settled)
    },
    ...(remoteAddress !== undefined && { remoteAddress }),
  }
}
