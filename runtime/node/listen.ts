import type { Server } from 'node:http'
import { type AddressInfo, Server as TcpServer } from 'node:net'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { within } from '../../lib/async/pause.ts'
import type { ExecutionContext } from '../../lib/env.ts'
import type { Route } from '../../lib/http/route.ts'
import { createRouter } from '../router.ts'
import { trackConnections } from './connections.ts'
import type { Serving } from './serving.ts'

export interface Listener {
  url: string
  port: number
  /**
   * Stops accepting and lets requests that are under way, or on their way, be answered; cuts off what takes longer than the limit.
   * @param limitMs default 5000
   * @returns whether everything was answered in time
   */
  close(limitMs?: number): Promise<boolean>
}

/** Kratos' and Hydra's cookies and challenges are long. */
const MAX_HEADER_BYTES = 64 * 1024

/**
 * Longer than proxies keep an idle connection (nginx 60 s, load balancers mostly as much): whoever closes first must be the one who
 * asks, else a request meets a connection that is just being closed. The limits on headers and requests do not count idle time.
 */
const KEEP_ALIVE_MS = 80_000

/** Serves routes on one port, each request with the services of the moment it came. @param port 0 takes a free one */
export async function listen(
  routes: Route[],
  serving: () => Serving,
  { host, port }: { host: string; port: number },
): Promise<Listener> {
  const router = createRouter(routes)
  const server = createAdaptorServer({
    fetch(request, bindings) {
      const { incoming, outgoing } = bindings as HttpBindings
      const { env, begin, waitUntil } = serving()
      begin(outgoing)
      return router(request, { env, ctx: executionContext(waitUntil, incoming.socket.remoteAddress) })
    },
    serverOptions: {
      maxHeaderSize: MAX_HEADER_BYTES,
      requestTimeout: 120_000,
      headersTimeout: 30_000,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
  }) as Server
  const connections = trackConnections(server)

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  return {
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async close(limitMs = 5000) {
      // Right after a turn of accepting: the kernel resets connections that it has taken and nobody has accepted.
      await new Promise(setImmediate)
      const closed = new Promise<void>((resolve) => stopAccepting(server, resolve))
      connections.end()
      const done = await within(limitMs, closed)
      server.closeAllConnections()
      return done
    },
  }
}

/** What `server.close` does, but for ending idle connections at once. */
function stopAccepting(server: Server, closed: () => void): void {
  TcpServer.prototype.close.call(server, () => {
    // Only now does it end the timer that watches over slow requests.
    server.close()
    closed()
  })
}

function executionContext(
  waitUntil: ExecutionContext['waitUntil'],
  remoteAddress?: string,
): ExecutionContext {
  return { waitUntil, ...(remoteAddress !== undefined && { remoteAddress }) }
}
