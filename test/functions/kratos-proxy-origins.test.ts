import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Gate, startGate } from '../parts/proxy-gate.ts'

const APP = 'https://app.example.com'
const FORM = { method: 'POST', body: 'csrf_token=x&method=password' }
const COOKIE = { cookie: 'csrf_token_1=x', 'content-type': 'application/x-www-form-urlencoded' }

let gate: Gate
beforeAll(async () => {
  gate = await startGate({ config: { allowedOrigins: [APP] } })
})
beforeEach(() => {
  gate.kratos.arrived.length = 0
})
afterAll(() => gate.close())

const submit = (headers: Record<string, string>) =>
  gate.fetch('self-service/login?flow=1', { ...FORM, headers })

describe('a form post with cookies', () => {
  it.each([
    ['the origin of an allowed page', () => ({ origin: APP, 'sec-fetch-site': 'cross-site' })],
    ['our own origin', () => ({ origin: new URL(gate.url).origin })],
    ['no origin but a browser that vouches for the same one', () => ({ 'sec-fetch-site': 'same-origin' })],
  ])('passes with %s', async (_name, headers) => {
    expect((await submit({ ...COOKIE, ...headers() })).status).toBe(200)
    expect(gate.kratos.last()).toMatchObject({ body: FORM.body, method: 'POST' })
  })

  it.each([
    ['the origin of another page', { origin: 'https://evil.example' }],
    ['an opaque origin', { origin: 'null', 'sec-fetch-site': 'same-origin' }],
    ['another origin of the same site', { 'sec-fetch-site': 'same-site' }],
    ['no origin at all', {}],
  ])('is refused with %s', async (_name, headers) => {
    for (const cookie of ['ory_kratos_session=a', 'loopToken=a.b.c', 'csrf_token_1=x']) {
      const answer = await submit({ ...COOKIE, cookie, ...headers })
      expect([answer.status, (await answer.json()).code]).toEqual([403, 'origin_not_allowed'])
    }
    expect(gate.kratos.arrived).toEqual([])
  })

  it.each(['PUT', 'PATCH', 'DELETE'])('holds for %s as well', async (method) => {
    const answer = await gate.fetch('sessions', { method, headers: { cookie: 'ory_kratos_session=a' } })
    expect(answer.status).toBe(403)
    expect(gate.kratos.arrived).toEqual([])
  })
})

describe('what else such a post carries', () => {
  const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }

  it.each([
    ['basic credentials', { authorization: 'Basic eDp5' }],
    ['a bearer token, which Kratos takes after the cookie', { authorization: 'Bearer ory_st_a' }],
    ['an empty session token', { 'x-session-token': '' }],
    ['a session token of ours, which does not reach Kratos', { 'x-session-token': 'pat_0123456789' }],
    ['a foreign and an own session token', { 'x-session-token': 'ory_st_a, a.b.c' }],
  ])('does not count: %s', async (_name, headers) => {
    const cookies = ['ory_kratos_session=a', 'loopToken=a.b.c', 'csrf_token_1=x', 'ory_kratos_continuity=x']
    for (const cookie of cookies) {
      const answer = await submit({ ...COOKIE, cookie: `_ga=1; ${cookie}`, ...foreign, ...headers })
      expect([cookie, answer.status, (await answer.json()).code]).toEqual([cookie, 403, 'origin_not_allowed'])
    }
    expect(gate.kratos.arrived).toEqual([])
  })

  it('counts when it is a session token, which Kratos takes before the cookie', async () => {
    const headers = { cookie: 'ory_kratos_session=a', 'x-session-token': 'ory_st_a' }
    expect((await submit({ ...headers, ...foreign })).status).toBe(200)
    expect(gate.kratos.arrived).toHaveLength(1)
  })
})

describe('a session cookie by another name', () => {
  it('is the one that counts', async () => {
    const other = await startGate({ config: { kratos: { sessionCookie: 'my_session' } } })
    const post = (cookie: string) =>
      other.fetch('self-service/login?flow=1', { ...FORM, headers: { ...COOKIE, cookie } })
    const statuses = [(await post('my_session=a')).status, (await post('ory_kratos_session=a')).status]
    await other.close()
    expect(statuses).toEqual([403, 200])
  })
})

describe("a provider's answer by form post, as Apple sends it", () => {
  const headers = {
    ...COOKIE,
    cookie: 'csrf_token_1=x; ory_kratos_continuity=x; ory_kratos_session=a',
    origin: 'https://appleid.apple.com',
    'sec-fetch-site': 'cross-site',
  }
  const post = (path: string) => gate.fetch(path, { method: 'POST', body: 'state=s&code=c', headers })

  it('passes, since the state in it and the continuity cookie protect it', async () => {
    expect((await post('self-service/methods/oidc/callback/apple')).status).toBe(200)
    expect(gate.kratos.last()).toMatchObject({ method: 'POST', body: 'state=s&code=c' })
  })

  it.each([
    'self-service/methods/oidc/callback',
    'self-service/methods/oidc/callback/apple/x',
    'self-service/methods/oidc/auth/1',
    'x/self-service/methods/oidc/callback/apple',
    'self-service/login',
  ])('does not pass at %s', async (path) => {
    expect((await post(path)).status).toBe(403)
    expect(gate.kratos.arrived).toEqual([])
  })
})

describe('calls that no page can forge', () => {
  it.each([
    ['without cookies', {}],
    [
      "without Kratos' cookies",
      { cookie: '_ga=1; xcsrf_token_1=x; csrf_token=y', origin: 'https://a.example' },
    ],
    ['with a session token', { cookie: 'a=1', 'x-session-token': 'ory_st_a' }],
    ['with a bearer token', { cookie: 'a=1', authorization: 'Bearer ory_st_a' }],
  ])('pass %s and without an origin of ours', async (_name, headers) => {
    expect((await submit(headers as Record<string, string>)).status).toBe(200)
    expect(gate.kratos.arrived).toHaveLength(1)
  })

  it('pass when they change nothing', async () => {
    const headers = { cookie: 'ory_kratos_session=a', origin: 'https://evil.example' }
    expect((await gate.fetch('sessions/whoami', { headers })).status).toBe(200)
  })
})

describe('CORS on proxied paths', () => {
  it('answers a preflight for an allowed origin itself', async () => {
    const headers = {
      origin: APP,
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'x-session-token',
    }
    const answer = await gate.fetch('self-service/logout/api', { method: 'OPTIONS', headers })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe(APP)
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      expect(answer.headers.get('access-control-allow-methods')).toContain(method)
    }
    expect(answer.headers.get('access-control-allow-headers')).toContain('X-Session-Token')
    expect(gate.kratos.arrived).toEqual([])
  })

  it('refuses a preflight for any other origin', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    const answer = await gate.fetch('self-service/login', { method: 'OPTIONS', headers })
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null])
  })

  it("puts our headers in the place of Kratos'", async () => {
    gate.kratos.respond((_request, response) => {
      response.setHeader('access-control-allow-origin', '*')
      response.setHeader('access-control-allow-private-network', 'true')
      response.setHeader('access-control-expose-headers', 'X-Kratos')
      response.setHeader('vary', 'Cookie')
      response.end('{}')
    })
    const allowed = await gate.fetch('sessions/whoami', { headers: { origin: APP } })
    expect(allowed.headers.get('access-control-allow-origin')).toBe(APP)
    expect(allowed.headers.get('access-control-allow-credentials')).toBe('true')
    expect(allowed.headers.get('access-control-allow-private-network')).toBeNull()
    expect(allowed.headers.get('access-control-expose-headers')).not.toContain('X-Kratos')
    expect(allowed.headers.get('vary')).toBe('Cookie, Origin')

    const foreign = await gate.fetch('sessions/whoami', { headers: { origin: 'https://evil.example' } })
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('lets pages of allowed origins read our own errors', async () => {
    const answer = await gate.fetch('admin/identities', { headers: { origin: APP } })
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([404, APP])
  })
})
