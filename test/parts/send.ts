import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'

export interface SentOptions {
  method?: string
  /** Sent as they are: no header is added but `Host`, `Connection` and the length. */
  headers?: OutgoingHttpHeaders
  body?: string | Uint8Array
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  text: string
  json<T = Record<string, unknown>>(): T
}

/** Sends a request whose target is left as it is, unlike `fetch`, which resolves dot segments and refuses some headers. */
export function send(origin: string, target: string, options: SentOptions = {}): Promise<Answer> {
  const { hostname, port } = new URL(origin)
  const { method = 'GET', headers, body } = options
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { hostname, port, path: target, method, headers, agent: false, maxHeaderSize: 65_536 },
      async (incoming) => {
        try {
          const chunks: Buffer[] = []
          for await (const chunk of incoming) chunks.push(chunk)
          const bytes = Buffer.concat(chunks)
          const text = bytes.toString()
          resolve({
            status: incoming.statusCode!,
            headers: incoming.headers,
            body: bytes,
            text,
            json: () => JSON.parse(text),
          })
        } catch (error) {
          reject(error)
        }
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
