import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Gate, startGate } from '../parts/proxy-gate.ts'

let gate: Gate
beforeEach(async () => {
  gate = await startGate()
})
afterEach(() => gate.close())

describe('a relayed answer', () => {
  it('keeps status, body, Location and each Set-Cookie as Kratos sent them', async () => {
    const cookies = [
      'ory_kratos_session=a=b==; Path=/; Expires=Wed, 21 Oct 2099 07:28:00 GMT; HttpOnly; SameSite=Lax',
      'csrf_token_1=x; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax',
    ]
    gate.kratos.respond((_request, response) => {
      response.writeHead(303, 'See Other', {
        location: 'https://app.example.com/login?flow=1&return_to=%2Fa%20b',
        'set-cookie': cookies,
        'cache-control': 'private, no-store',
        'content-type': 'text/html; charset=utf-8',
      })
      response.end('<a href="x">See Other</a>')
    })
    const answer = await gate.fetch('self-service/login/browser?aal=aal1&refresh=true&x=%2F+%20')
    expect(gate.kratos.last().target).toBe('/self-service/login/browser?aal=aal1&refresh=true&x=%2F+%20')
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe('https://app.example.com/login?flow=1&return_to=%2Fa%20b')
    expect(answer.headers.getSetCookie()).toEqual(cookies)
    expect(answer.headers.get('cache-control')).toBe('private, no-store')
    expect(answer.headers.get('x-frame-options')).toBeNull()
    expect(await answer.text()).toBe('<a href="x">See Other</a>')
  })

  it.each([400, 403, 404, 410, 422, 429, 500, 502, 503])('passes %i of Kratos untouched', async (status) => {
    gate.kratos.respond((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '7' })
      response.end('{"error":{"id":"x"}}')
    })
    const answer = await gate.fetch('self-service/login/flows?id=1')
    expect([answer.status, await answer.text(), answer.headers.get('retry-after')]).toEqual([
      status,
      '{"error":{"id":"x"}}',
      '7',
    ])
  })

  it.each([204, 304])('passes %i without a body', async (status) => {
    gate.kratos.respond((_request, response) => void response.writeHead(status, { etag: '"1"' }).end())
    const answer = await gate.fetch('.well-known/ory/webauthn.js')
    expect([answer.status, await answer.text(), answer.headers.get('etag')]).toEqual([status, '', '"1"'])
  })

  it('answers HEAD with the headers of Kratos and no body', async () => {
    gate.kratos.respond(
      (_request, response) => void response.writeHead(200, { 'content-length': '321', etag: '"2"' }).end(),
    )
    const answer = await gate.fetch('.well-known/ory/webauthn.js', { method: 'HEAD' })
    expect(gate.kratos.last().method).toBe('HEAD')
    expect([answer.status, await answer.text()]).toEqual([200, ''])
    expect([answer.headers.get('content-length'), answer.headers.get('etag')]).toEqual(['321', '"2"'])
  })

  it('starts before Kratos has finished', async () => {
    let finish = () => {}
    gate.kratos.respond((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.write('first')
      finish = () => response.end('second')
    })
    const reader = (await gate.fetch('schemas')).body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('first')
    finish()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('second')
    expect((await reader.read()).done).toBe(true)
  })

  it('is readable although Kratos encodes it in spite of our asking', async () => {
    const { gzipSync } = await import('node:zlib')
    gate.kratos.respond((_request, response) => {
      const body = gzipSync('plain')
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body)
    })
    const answer = await gate.fetch('schemas', { headers: { 'accept-encoding': 'gzip, br' } })
    expect(gate.kratos.last().headers['accept-encoding']).toBe('identity')
    expect([answer.headers.get('content-encoding'), await answer.text()]).toEqual([null, 'plain'])
  })

  it('loses the headers of the connection, also those that Connection names', async () => {
    gate.kratos.respond((_request, response) => {
      response.writeHead(200, {
        connection: 'close, X-Hop',
        'keep-alive': 'timeout=5',
        'x-hop': '1',
        'proxy-authenticate': 'Basic',
        'x-kept': '2',
      })
      response.end('ok')
    })
    const answer = await gate.handle('schemas')
    for (const name of ['connection', 'keep-alive', 'x-hop', 'proxy-authenticate', 'transfer-encoding']) {
      expect([name, answer.headers.get(name)]).toEqual([name, null])
    }
    expect(answer.headers.get('x-kept')).toBe('2')
  })
})

describe('a relayed request', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('carries method, body and type of a %s', async (method) => {
    await gate.fetch('self-service/settings?flow=1', {
      method,
      headers: {
        'content-type': 'application/json',
        'x-session-token': 'ory_st_abc',
        accept: 'application/json',
      },
      body: '{"method":"password","ü":1}',
    })
    const { headers, body, ...arrived } = gate.kratos.last()
    expect([arrived.method, arrived.target, body]).toEqual([
      method,
      '/self-service/settings?flow=1',
      '{"method":"password","ü":1}',
    ])
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '28',
      accept: 'application/json',
      'x-session-token': 'ory_st_abc',
    })
    expect(headers['transfer-encoding']).toBeUndefined()
  })

  it.each(['POST', 'DELETE'])('of the method %s may have no body', async (method) => {
    await gate.fetch('self-service/recovery', { method })
    expect([gate.kratos.last().method, gate.kratos.last().body]).toEqual([method, ''])
  })

  it('reaches Kratos while its body is still being sent', async () => {
    const { promise: more, resolve: sendMore } = Promise.withResolvers<void>()
    const begun = gate.kratos.nextBegun()
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode('one '))
        await more
        controller.enqueue(new TextEncoder().encode('two'))
        controller.close()
      },
    })
    const answer = gate.handle('self-service/login?flow=1', {
      method: 'POST',
      body,
      duplex: 'half',
    } as RequestInit)
    await begun
    sendMore()
    expect((await answer).status).toBe(200)
    expect(gate.kratos.last().body).toBe('one two')
  })

  it('loses the headers of the connection, Host, and those that Connection names', async () => {
    await gate.raw(
      'GET /authlance/identity/schemas HTTP/1.1',
      'Host: gate.example.com',
      'Connection: close, X-Secret-Hop, x-forwarded-for',
      'X-Secret-Hop: 1',
      'Keep-Alive: timeout=5',
      'TE: trailers',
      'Trailer: X',
      'Proxy-Authorization: Basic eDp5',
      'Proxy-Connection: keep-alive',
      'X-Kept: 2',
    )
    const { headers } = gate.kratos.last()
    expect(headers.host).toBe(`127.0.0.1:${gate.kratos.port}`)
    for (const name of ['x-secret-hop', 'te', 'trailer', 'proxy-authorization', 'proxy-connection']) {
      expect([name, headers[name]]).toEqual([name, undefined])
    }
    expect(headers).toMatchObject({ 'x-kept': '2', 'x-forwarded-for': '127.0.0.1' })
  })

  it('carries the trace and the request id on', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const answer = await gate.fetch('schemas', {
      headers: {
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
        tracestate: 'a=1',
        'x-request-id': 'req-7',
      },
    })
    const { headers } = gate.kratos.last()
    expect(headers).toMatchObject({ 'x-request-id': 'req-7', tracestate: 'a=1' })
    expect(headers.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
    expect(headers.traceparent).not.toContain('b7ad6b7169203331')
    expect(answer.headers.get('x-request-id')).toBe('req-7')
  })

  it('keeps all cookies but loopToken', async () => {
    await gate.fetch('sessions/whoami', {
      headers: {
        cookie: 'a=1; loopToken=e30.e30.x; ory_kratos_session=MTY=|x==; loopToken=2; csrf_token_1=y',
      },
    })
    expect(gate.kratos.last().headers.cookie).toBe('a=1; ory_kratos_session=MTY=|x==; csrf_token_1=y')
    await gate.fetch('sessions/whoami', { headers: { cookie: 'loopToken=e30.e30.x' } })
    expect(gate.kratos.last().headers.cookie).toBeUndefined()
    await gate.fetch('sessions/whoami', { headers: { cookie: 'ory_kratos_session="q"; odd' } })
    expect(gate.kratos.last().headers.cookie).toBe('ory_kratos_session="q"; odd')
  })

  it.each([
    'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln',
    'bearer  eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln',
    'Bearer pat_0123456789',
    'pat_0123456789',
    'ory_st_abc, pat_0123456789',
  ])('never carries our own credential %s', async (value) => {
    await gate.fetch('sessions/whoami', { headers: { authorization: value, 'x-session-token': value } })
    const { headers } = gate.kratos.last()
    expect([headers.authorization, headers['x-session-token']]).toEqual([undefined, undefined])
  })

  it('carries session tokens of Kratos', async () => {
    await gate.fetch('sessions/whoami', {
      headers: {
        authorization: 'Bearer ory_st_a1',
        'x-session-token': 'ory_st_b2',
        'x-session-cookie': 'c3',
      },
    })
    expect(gate.kratos.last().headers).toMatchObject({
      authorization: 'Bearer ory_st_a1',
      'x-session-token': 'ory_st_b2',
      'x-session-cookie': 'c3',
    })
  })
})
