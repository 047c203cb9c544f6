import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived, headers in lower case. */
export interface ArrivedRequest {
  method: string
  /** The request target, still encoded. */
  target: string
  headers: IncomingMessage['headers']
  /** Names and values in the order of the wire. */
  rawHeaders: string[]
  body: string
}

export type Respond = (request: ArrivedRequest, response: ServerResponse) => void | Promise<void>

export interface StubUpstream {
  url: string
  port: number
  /** In the order of arrival; a request is there once its body has arrived. */
  arrived: ArrivedRequest[]
  last(): ArrivedRequest
  /** Resolves when the headers of the next request are there. */
  nextBegun(): Promise<void>
  /** How the next requests are answered. */
  respond(respond: Respond): void
  close(): Promise<void>
}

/** A server on a loopback port that records what arrives; it answers 200 `{}` until told otherwise. */
export async function startStubUpstream(port = 0): Promise<StubUpstream> {
  const arrived: ArrivedRequest[] = []
  let current: Respond = (_request, response) => json(response, 200, {})

  let begun = Promise.withResolvers<void>()
  const server = createServer({ maxHeaderSize: 65_536 }, async (incoming, response) => {
    begun.resolve()
    begun = Promise.withResolvers<void>()
    const chunks: Buffer[] = []
    try {
      for await (const chunk of incoming) chunks.push(chunk)
    } catch {
      return // The caller broke off.
    }
    const request: ArrivedRequest = {
      method: incoming.method!,
      target: incoming.url!,
      headers: incoming.headers,
      rawHeaders: incoming.rawHeaders,
      body: Buffer.concat(chunks).toString(),
    }
    arrived.push(request)
    await current(request, response)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const bound = (server.address() as AddressInfo).port
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    arrived,
    last: () => arrived.at(-1)!,
    nextBegun: () => begun.promise,
    respond(respond) {
      current = respond
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
