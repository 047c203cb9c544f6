import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { type ProxyAnswer, proxyByFetch } from '../../../lib/ory/proxy-fetch.ts'
import { createHttpProxy } from '../../../runtime/node/proxy-by-http.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const GET = { method: 'GET', headers: new Headers({ accept: 'application/json' }), body: null }
const never = new AbortController().signal
const bytesOf = async ({ body }: ProxyAnswer) => new Uint8Array(await new Response(body).arrayBuffer())

describe.each([
  ['node:http', createHttpProxy()],
  ['fetch', proxyByFetch],
])('a proxied request over %s', (name, send) => {
  test('keeps status, every cookie, and a redirect as an answer', async () => {
    const url = await serve((_, response) => {
      response.writeHead(
        303,
        'See Other',
        [
          ['set-cookie', 'a=1; Path=/'],
          ['set-cookie', 'b=2; Expires=Thu, 01 Jan 2026 00:00:00 GMT'],
          ['location', '/elsewhere'],
        ].flat(),
      )
      response.end()
    })
    const { status, headers } = await send(url, GET, never)
    expect([status, headers.get('location')]).toEqual([303, '/elsewhere'])
    expect(headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Expires=Thu, 01 Jan 2026 00:00:00 GMT'])
  })

  test.each(['POST', 'PUT', 'DELETE'])(
    'sends the body and the headers of a %s as they are given',
    async (method) => {
      const url = await serve(async (request, response) => {
        const chunks = await request.toArray()
        response.end(`${request.method} ${request.headers['x-one']} ${Buffer.concat(chunks)}`)
      })
      const headers = new Headers({ 'x-one': '1' })
      const answer = await send(url, { method, headers, body: new TextEncoder().encode('text') }, never)
      expect(Buffer.from(await bytesOf(answer)).toString()).toBe(`${method} 1 text`)
    },
  )

  test.each([
    ['with its length', true, 1000],
    ['in chunks', false, 1000],
    ['in chunks, longer than is read at once', false, 1_000_000],
    ['with its length, longer than is read at once', true, 1_000_000],
  ])('passes JSON on that comes %s', async (_, withLength, size) => {
    const sent = Buffer.from(JSON.stringify('é'.repeat(size)))
    const url = await serve((_request, response) => {
      response.setHeader('content-type', 'application/json; charset=utf-8')
      if (withLength) response.setHeader('content-length', sent.length)
      response.write(sent.subarray(0, 700))
      response.end(sent.subarray(700))
    })
    expect(Buffer.from(await bytesOf(await send(url, GET, never))).equals(sent)).toBe(true)
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('undoes %s', async (encoding, compress) => {
    const url = await serve((_, response) => {
      response.setHeader('content-type', 'application/json').setHeader('content-encoding', encoding)
      response.end(compress('{"whole":true}'))
    })
    const answer = await send(url, GET, never)
    expect(Buffer.from(await bytesOf(answer)).toString()).toBe('{"whole":true}')
  })

  test('answers before a stream has ended', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\n')
    })
    const { body } = await send(url, GET, never)
    const { value } = await (body as ReadableStream<Uint8Array>).getReader().read()
    expect(Buffer.from(value!).toString()).toBe('data: 1\n\n')
  })

  test('stops the upstream when nobody reads on', async () => {
    const closed = Promise.withResolvers<void>()
    const url = await serve((_, response) => {
      response.once('close', closed.resolve)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\n')
    })
    const { body } = await send(url, GET, never)
    await (body as ReadableStream).cancel()
    await closed.promise
  })

  test('fails when the answer breaks off', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{"half":')
      setTimeout(() => response.destroy(), 20)
    })
    await expect(send(url, GET, never).then(bytesOf)).rejects.toThrow()
  })

  test('fails at once when the time is up, and when nobody listens', async () => {
    const url = await serve(() => {})
    const controller = new AbortController()
    const sent = send(url, GET, controller.signal)
    await sleep(20)
    controller.abort()
    await expect(sent).rejects.toThrow()
    server!.closeAllConnections()
    server!.close()
    await expect(send(url, GET, never)).rejects.toThrow()
  })

  test('takes an answer without a body', async () => {
    const url = await serve((request, response) => {
      response.writeHead(request.method === 'HEAD' ? 200 : 204, { 'content-type': 'application/json' }).end()
    })
    for (const method of ['GET', 'HEAD']) {
      const answer = await send(url, { ...GET, method }, never)
      expect([name, method, answer.status, await bytesOf(answer)]).toEqual([
        name,
        method,
        method === 'HEAD' ? 200 : 204,
        new Uint8Array(),
      ])
    }
  })
})
