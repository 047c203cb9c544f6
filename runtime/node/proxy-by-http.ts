import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { type ProxyBody, type ProxySend, proxyByFetch } from '../../lib/ory/proxy-fetch.ts'
import { keepConnections } from './kept-connections.ts'

/** Of an answer that comes in one piece: a form's flow, a session, a redirect. */
const WHOLE_BYTES = 256 * 1024

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/**
 * Sends over `node:http` with kept connections. Short answers are read whole, so that they leave with their headers in one write;
 * others are streamed. Bodies that stream in go by `fetch`.
 */
export function createHttpProxy(): ProxySend {
  const connectionTo = keepConnections()

  return (url, request, signal) => {
    const { method, headers, body } = request
    if (body instanceof ReadableStream) return proxyByFetch(url, request, signal)

    return new Promise((resolve, reject) => {
      const { send, agent } = connectionTo(url)
      const sent = Object.fromEntries(headers)
      // Left alone, node:http gives the body of a DELETE no length, and so no end.
      if (body) sent['content-length'] = String(body.length)
      const options = { method, headers: sent, agent, signal }
      const outgoing = send(url, options, (incoming) => {
        const { statusCode: status = 502, statusMessage: statusText = '' } = incoming
        const answered = headersOf(incoming)
        readBody(incoming, answered).then(
          (answer) => resolve({ status, statusText, headers: answered, body: answer }),
          reject,
        )
      })
      outgoing.on('error', reject)
      outgoing.end(body ?? undefined)
    })
  }
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!)
  return headers
}

/** The body, whole where it is short and comes at once. @throws when it breaks off before it is known to be long */
async function readBody(incoming: IncomingMessage, headers: Headers): Promise<ProxyBody> {
  const decoder = DECODERS[headers.get('content-encoding') as keyof typeof DECODERS]
  if (decoder) return Readable.toWeb(incoming.pipe(decoder())) as ReadableStream
  return isShort(headers) ? readWhole(incoming) : (Readable.toWeb(incoming) as ReadableStream)
}

function isShort(headers: Headers): boolean {
  const length = headers.get('content-length')
  if (length !== null) return Number(length) <= WHOLE_BYTES
  return headers.get('content-type')?.startsWith('application/json') ?? false
}

function readWhole(incoming: IncomingMessage): Promise<ProxyBody> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const take = (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes <= WHOLE_BYTES) return
      // Longer than it looked.
      incoming.pause().off('data', take).off('end', end).off('error', reject)
      incoming.unshift(Buffer.concat(chunks))
      resolve(Readable.toWeb(incoming) as ReadableStream)
    }
    const end = () => resolve(Buffer.concat(chunks))
    incoming.on('data', take).on('end', end).on('error', reject)
  })
}
