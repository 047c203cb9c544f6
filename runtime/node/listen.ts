import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { within } from '../../lib/async/pause.ts'
import type { Env, ExecutionContext } from '../../lib/env.ts'
import type { Route } from '../../lib/http/route.ts'
import { createRouter } from '../router.ts'

export interface Listener {
  url: string
  port: number
  /**
   * Stops accepting, lets requests that are under way finish, and waits for their late work; cuts off what takes longer than the limit.
   * @param limitMs default 5000
   * @returns whether everything was done in time
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
      const closed = new Promise((resolve) => server.close(resolve))
      connections.end()
      const done = await within(
        limitMs,
        closed.then(() => Promise.allSettled(pending)),
      )
      server.closeAllConnections()
      return done
    },
  }
}

/** How long an answer has to leave before what is left of its connection is cut. */
const FLUSH_MS = 50

/**
 * Ends connections once their requests are answered: `server.close` alone waits for keep-alive clients, who may go on asking, and
 * for connections that a browser has opened ahead of any request.
 */
function trackConnections(server: Server): { end(): void } {
  // By connection and not in a set: tables that gain and lose an entry with each request keep their dead entries from being
  // collected while they are young.
  const current = new Map<Socket, ServerResponse | undefined>()
  let unanswered = 0
  let ending = false

  function endAnswered(): void {
    if (unanswered === 0) server.closeAllConnections()
    else server.closeIdleConnections()
  }

  server.on('connection', (socket) => {
    socket.once('close', () => current.delete(socket))
  })
  server.prependListener('request', ({ socket }, response) => {
    if (ending) response.setHeader('connection', 'close')
    unanswered++
    current.set(socket, response)
    response.once('close', () => {
      unanswered--
      if (current.has(socket)) current.set(socket, undefined)
      if (ending) setTimeout(endAnswered, FLUSH_MS)
    })
  })

  return {
    end() {
      ending = true
      for (const response of current.values()) {
        if (response && !response.headersSent) response.setHeader('connection', 'close')
      }
      endAnswered()
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
