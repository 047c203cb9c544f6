import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requirePart } from '../../parts/available.ts'
import { type Front, openFront, startFront } from '../../parts/nginx-front.ts'
import { runProcess } from '../../parts/process.ts'

const PATH = '/authlance/identity/sessions/whoami'

/** What a client may say of itself, each name as servers and Kratos read it. */
const FORGED = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'evil.example.com',
  'x-forwarded-port': '443',
  'x-forwarded-prefix': '/evil',
  'x-forwarded-server': 'evil',
  'x-forwarded-scheme': 'https',
  'x-forwarded-ssl': 'on',
  forwarded: 'for=203.0.113.9;proto=https;host=evil.example.com',
  'x-real-ip': '203.0.113.9',
  'true-client-ip': '203.0.113.9',
  'x-client-ip': '203.0.113.9',
  'x-cluster-client-ip': '203.0.113.9',
  'cf-connecting-ip': '203.0.113.9',
  'cf-connecting-ipv6': '2001:db8::9',
  'cf-ipcountry': 'XX',
  'cf-ipcity': 'Nowhere',
  'cf-region-code': 'NO',
  'cf-visitor': '{"scheme":"https"}',
  x_forwarded_for: '203.0.113.9',
  'x-original-url': '/metrics',
  'x-rewrite-url': '/metrics',
  proxy: 'http://evil.example.com',
}

describe.skipIf(requirePart('nginx'))('the headers of the front', () => {
  let front: Front
  beforeAll(async () => {
    front = await startFront()
  })
  afterAll(() => front.close())

  const arrived = async (headers: Record<string, string>) => {
    await front.send(PATH, { headers })
    return front.service.last().headers
  }

  it('overwrites or removes all that a client says of where it comes from', async () => {
    const headers = await arrived({ ...FORGED, host: 'auth.example.com:8443' })
    const told = Object.keys(FORGED).filter((name) => headers[name] !== undefined)

    expect(told.sort()).toEqual(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'])
    expect(headers).toMatchObject({
      host: 'auth.example.com:8443',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'auth.example.com:8443',
      'x-forwarded-proto': 'http',
      'x-real-ip': '127.0.0.1',
    })
    expect(JSON.stringify(headers)).not.toContain('evil')
  })

  it('continues a request id that the service would accept, and replaces any other', async () => {
    expect((await arrived({ 'x-request-id': 'Ab_1.2-3' }))['x-request-id']).toBe('Ab_1.2-3')
    for (const bad of ['a b', 'a"b', '{}', 'x'.repeat(129), '']) {
      expect((await arrived({ 'x-request-id': bad }))['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
    }
  })

  it('passes credentials, cookies and the trace on', async () => {
    const given = {
      authorization: 'Bearer a.b.c',
      cookie: 'ory_kratos_session=1; loopToken=2',
      'x-session-token': 'ory_st_1',
      origin: 'https://app.example.com',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'stripe-signature': 't=1,v1=abc',
    }
    expect(await arrived(given)).toMatchObject(given)
  })

  it('keeps the connection to the service to itself', async () => {
    const headers = await arrived({
      connection: 'close, x-secret',
      upgrade: 'h2c',
      te: 'trailers',
      'keep-alive': '5',
    })
    for (const name of ['connection', 'upgrade', 'te', 'keep-alive'])
      expect(headers[name] ?? 'keep-alive').toBe('keep-alive')
  })

  it('accepts a request of HTTP/1.0 without Host', async () => {
    const answer = await runProcess('/usr/bin/env', [
      'bash',
      '-c',
      `exec 3<>/dev/tcp/127.0.0.1/${front.nginx.port}; printf 'GET ${PATH} HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`,
    ])
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(front.service.last().headers.host).toBe('localhost')
  })

  it('takes 32 KB of headers, in one cookie line or in many', async () => {
    expect((await front.send(PATH, { headers: { cookie: `a=${'x'.repeat(30_000)}` } })).status).toBe(200)
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`x-test-${i}`, 'y'.repeat(4000)]))
    expect((await front.send(PATH, { headers: many })).status).toBe(200)
  })

  it('takes a URL with a challenge of 4 KB beside 16 KB of cookies', async () => {
    const target = `/authlance/openid/oauth2/auth?login_challenge=${'c'.repeat(4096)}`
    const answer = await front.send(target, { headers: { cookie: `a=${'x'.repeat(16_384)}` } })

    expect(answer.status).toBe(200)
    expect(front.service.last().target).toBe(target)
  })

  it('takes an answer with 24 KB of cookies and Location', async () => {
    const cookies = Array.from({ length: 6 }, (_, i) => `c${i}=${'z'.repeat(3500)}; Path=/`)
    const location = `https://app.example.com/consent?consent_challenge=${'c'.repeat(3000)}`
    front.service.respond(
      (_request, response) => void response.writeHead(302, { location, 'set-cookie': cookies }).end(),
    )
    const answer = await front.send(PATH)

    expect(answer.status).toBe(302)
    expect(answer.headers.location).toBe(location)
    expect(answer.headers['set-cookie']).toEqual(cookies)
  })

  it('answers longer headers with 431 and a longer address with 414', async () => {
    const long = await front.send(PATH, { headers: { cookie: `a=${'x'.repeat(40_000)}` } })
    expect([long.status, long.json().code]).toEqual([431, 'headers_too_large'])
    const address = await front.send(`${PATH}?x=${'y'.repeat(40_000)}`)
    expect([address.status, address.json().code]).toEqual([414, 'uri_too_long'])
  })
})

describe.skipIf(requirePart('nginx'))('the headers behind an ingress', () => {
  const said = {
    'x-forwarded-for': '198.51.100.7, 203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'auth.example.com',
  }

  it('are taken over from one that is named', async () => {
    const front = await openFront({ NGINX_TRUSTED_PROXIES: '127.0.0.0/8 10.0.0.0/8' })
    await front.send(PATH, { headers: { ...said, 'x-real-ip': '192.0.2.1', 'cf-ipcountry': 'XX' } })

    const { headers } = front.service.last()
    expect(headers).toMatchObject({
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'auth.example.com',
      'x-real-ip': '203.0.113.9',
    })
    expect(headers['cf-ipcountry']).toBeUndefined()
    expect((await front.nginx.logged(() => true)).client).toBe('203.0.113.9')
  })

  it('skip the addresses of other named proxies', async () => {
    const front = await openFront({ NGINX_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8' })
    await front.send(PATH, { headers: { ...said, 'x-forwarded-for': '192.0.2.1, 203.0.113.9, 10.1.2.3' } })
    expect(front.service.last().headers['x-forwarded-for']).toBe('203.0.113.9')
  })

  it('are not taken over from anybody else, nor when they are no scheme or host', async () => {
    const other = await openFront({ NGINX_TRUSTED_PROXIES: '10.0.0.0/8' })
    await other.send(PATH, { headers: said })
    expect(other.service.last().headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `127.0.0.1:${other.nginx.port}`,
    })

    const named = await openFront({ NGINX_TRUSTED_PROXIES: '127.0.0.1' })
    await named.send(PATH, { headers: { 'x-forwarded-proto': 'javascript', 'x-forwarded-host': 'a/b' } })
    expect(named.service.last().headers).toMatchObject({
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `127.0.0.1:${named.nginx.port}`,
    })
  })
})
