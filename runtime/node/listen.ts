import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { within } from '../../lib/async/pause.ts'
import type { ExecutionContext } from '../../lib/env.ts'
import type { Route } from '../../lib/http/route.ts'
import { createRouter } from '../router.ts'
import { trackConnections } from './connections.ts'
import { type Address, openPort, stopAccepting, urlOf } from './port.ts'
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

/** Where connections come from when another process holds the port. */
export type Inlet = (take: (socket: Socket) => void) => void

/**
 * Serves routes on one port, each request with the services of the moment it came.
 * @param address port 0 takes a free one
 * @param inlet hands connections over, and no port is opened
 */
export async function listen(
  routes: Route[],
  serving: () => Serving,
  address: Address,
  inlet?: Inlet,
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

  const port = inlet ? address.port : await openPort(server, address)
  if (inlet) {
    // Begins the watch over slow requests, which else begins with the port.
    server.emit('listening')
    inlet((socket) => void server.emit('connection', socket))
  }
  return {
    port,
    url: urlOf({ ...address, port }),
    async close(limitMs = 5000) {
      if (!inlet) await stopAccepting(server)
      await within(limitMs, connections.end())
      const unanswered = connections.cut()
      // Only this ends the watch over slow requests.
      server.close()
      return unanswered === 0
    },
  }
}

function executionContext(
  waitUntil: ExecutionContext['waitUntil'],
  remoteAddress?: string,
): ExecutionContext {
  return { waitUntil, ...(remoteAddress !== undefined && { remoteAddress }) }
}
