import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'

export interface FetchServer {
  url: string
  close(): Promise<void>
}

const MAX_HEADER_BYTES = 64 * 1024

/** Serves a fetch handler on a loopback port. Closing it cuts what is still connected. @param port 0 for any that is free */
export async function serveFetch(
  handler: (request: Request) => Promise<Response>,
  port = 0,
): Promise<FetchServer> {
  const server = createAdaptorServer({
    fetch: (request: Request) => handler(request),
    serverOptions: { maxHeaderSize: MAX_HEADER_BYTES },
    overrideGlobalObjects: false,
  }) as Server
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}
