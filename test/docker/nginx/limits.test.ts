import { describe, expect, it } from 'vitest'
import { requirePart } from '../../parts/available.ts'
import { type Front, openFront } from '../../parts/nginx-front.ts'

const LOGIN = '/authlance/identity/self-service/login'
const POSTS: [string, string][] = [
  ['LOGIN', LOGIN],
  ['REGISTRATION', '/authlance/identity/self-service/registration'],
  ['RECOVERY', '/authlance/identity/self-service/recovery'],
  ['RECOVERY', '/authlance/identity/self-service/verification'],
  ['EXCHANGE', '/authlance/identity/me'],
  ['CHECKOUT', '/authlance/payments/api/v1/checkout-session'],
]
/** Nearly never, so that a slow machine lets nothing through. */
const FEW = '1r/m 2'
const ONE_MORE = '1r/m 1'
const BEHIND = { NGINX_TRUSTED_PROXIES: '127.0.0.1' }

const post = async (front: Front, target: string, headers: Record<string, string> = {}) =>
  (await front.send(target, { method: 'POST', headers })).status

async function posts(front: Front, target: string, count: number, headers?: Record<string, string>) {
  const statuses: number[] = []
  for (let i = 0; i < count; i++) statuses.push(await post(front, target, headers))
  return statuses
}

describe.skipIf(requirePart('nginx'))('the limits per client', () => {
  it.each(POSTS)('%s: a POST to %s beyond the burst is 429', async (name, target) => {
    const front = await openFront({ [`NGINX_LIMIT_${name}`]: FEW })
    expect(await posts(front, `${target}?flow=1`, 4)).toEqual([200, 200, 200, 429])

    const refused = await front.send(target, { method: 'POST', headers: { 'x-request-id': 'mine' } })
    expect(refused.headers['retry-after']).toBe('5')
    expect(refused.headers['content-type']).toBe('application/problem+json')
    expect(refused.headers['cache-control']).toBe('no-store')
    expect(refused.json()).toEqual({
      type: 'urn:authlance:error:too_many_requests',
      title: 'Too many requests: wait a moment.',
      status: 429,
      detail: 'Too many requests: wait a moment.',
      code: 'too_many_requests',
      requestId: 'mine',
      error: 'Too many requests: wait a moment.',
    })
    expect(await front.nginx.logged((line) => line.status === 429)).toMatchObject({
      limit: 'REJECTED',
      method: 'POST',
      upstream: '',
    })
    expect(front.service.arrived).toHaveLength(3)
  })

  it('are not got round by another spelling of the path', async () => {
    const front = await openFront({ NGINX_LIMIT_LOGIN: FEW })
    await posts(front, LOGIN, 3)
    for (const target of [
      '/authlance/identity/self-service/log%69n',
      '/authlance/identity/self-service/LOGIN',
      '/authlance/identity/self-service/login/',
      '/authlance/identity/self-service/login?x=/',
      '/authlance/identity/self-service/login#x',
      '/authlance/%69dentity/self-service/login',
    ]) {
      expect([target, await post(front, target, { accept: 'text/event-stream' })]).toEqual([target, 429])
    }
  })

  it.each(POSTS.filter(([, target]) => target.includes('/self-service/')))(
    '%s: are not got round by a GET of %s, by which Kratos takes a form as well',
    async (name, target) => {
      const front = await openFront({ [`NGINX_LIMIT_${name}`]: FEW })
      await posts(front, target, 3)
      for (const method of ['GET', 'HEAD', 'PUT', 'PATCH']) {
        const { status } = await front.send(`${target}?flow=1&method=code&email=a@example.com`, { method })
        expect([method, status]).toEqual([method, 429])
      }
    },
  )

  it('leave preflights, GETs of flows and other paths alone', async () => {
    const front = await openFront(
      Object.fromEntries(POSTS.map(([name]) => [`NGINX_LIMIT_${name}`, ONE_MORE])),
    )
    for (const [, target] of POSTS) {
      for (let i = 0; i < 3; i++) {
        const read = target.includes('/self-service/') ? `${target}/flows?id=1` : target
        expect((await front.send(read)).status).toBe(200)
        expect((await front.send(target, { method: 'OPTIONS' })).status).toBe(200)
      }
    }
    expect(await posts(front, '/authlance/identity/api/v1/profile/me', 3)).toEqual([200, 200, 200])
    expect(await posts(front, '/authlance/payments/api/v1/stripe/webhook', 3)).toEqual([200, 200, 200])
    expect(await posts(front, '/authlance/identity/self-service/login/browser', 3)).toEqual([200, 200, 200])
  })

  it('count each class by itself', async () => {
    const front = await openFront({ NGINX_LIMIT_LOGIN: ONE_MORE, NGINX_LIMIT_EXCHANGE: ONE_MORE })
    expect(await posts(front, LOGIN, 3)).toEqual([200, 200, 429])
    expect(await posts(front, '/authlance/identity/me', 3)).toEqual([200, 200, 429])
  })

  it('count clients by the address that a named ingress gives', async () => {
    const front = await openFront({ ...BEHIND, NGINX_LIMIT_LOGIN: ONE_MORE })
    const from = (address: string) => post(front, LOGIN, { 'x-forwarded-for': address })

    expect(await from('198.51.100.1')).toBe(200)
    expect(await from('198.51.100.1')).toBe(200)
    expect(await from('198.51.100.2')).toBe(200)
    expect(await from('198.51.100.1')).toBe(429)
    // What the client itself put in front does not make it another one.
    expect(await from('192.0.2.1, 198.51.100.1')).toBe(429)
  })

  it('take an IPv6 network of 64 bits for one client', async () => {
    const front = await openFront({ ...BEHIND, NGINX_LIMIT_LOGIN: ONE_MORE })
    const from = (address: string) => post(front, LOGIN, { 'x-forwarded-for': address })

    expect(await from('2001:db8:0:a::1')).toBe(200)
    expect(await from('2001:db8:0:a::2')).toBe(200)
    expect(await from('2001:db8:0:a:ffff:1:2:3')).toBe(429)
    expect(await from('2001:db8:0:b::1')).toBe(200)
    // A byte that a pattern might take for the end of a line.
    expect(await from('2001:db8:0a0a:a0a::1')).toBe(200)
    expect(await from('2001:db8:0a0a:a0a:a00::')).toBe(200)
    expect(await from('2001:db8:0a0a:a0a::0a0a')).toBe(429)
  })

  it('tell IPv4 clients apart that an ingress writes as IPv6', async () => {
    const front = await openFront({ ...BEHIND, NGINX_LIMIT_LOGIN: ONE_MORE })
    const from = (address: string) => post(front, LOGIN, { 'x-forwarded-for': address })

    expect(await from('::ffff:198.51.100.1')).toBe(200)
    expect(await from('198.51.100.1')).toBe(200)
    expect(await from('::ffff:198.51.100.1')).toBe(429)
    expect(await from('::ffff:198.51.100.2')).toBe(200)
  })

  it('let an office behind one address sign in together, by default', async () => {
    const front = await openFront({ NGINX_LIMIT_LOGIN: '', NGINX_LIMIT_EXCHANGE: '' })
    const people = Array.from({ length: 60 }, async () => [
      await post(front, LOGIN),
      await post(front, '/authlance/identity/me'),
      await post(front, '/authlance/identity/me'),
    ])
    expect((await Promise.all(people)).flat().filter((status) => status !== 200)).toEqual([])
  })

  it('stop a guesser soon after, by default', async () => {
    const front = await openFront({ NGINX_LIMIT_LOGIN: '' })
    const statuses = await posts(front, LOGIN, 100)
    expect(statuses.filter((status) => status === 200).length).toBeLessThan(75)
  })

  it('tell a dashboard of another origin, where it is named', async () => {
    const front = await openFront({
      NGINX_LIMIT_LOGIN: ONE_MORE,
      NGINX_CORS_ORIGINS: 'https://app.example.com, https://b.example.com:8443',
    })
    await posts(front, LOGIN, 2)
    const refused = async (origin: string) =>
      (await front.send(LOGIN, { method: 'POST', headers: { origin } })).headers

    expect(await refused('https://app.example.com')).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'Link, X-Request-Id, Retry-After',
      vary: 'Origin',
    })
    for (const origin of ['https://app.example.com.evil.com', 'http://app.example.com', 'null']) {
      const headers = await refused(origin)
      expect(headers.vary).toBe('Origin')
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })
})
