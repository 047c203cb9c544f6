import { SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type HydraGate, startHydraGate } from '../parts/hydra-gate.ts'
import { sendLines } from '../parts/send-lines.ts'
import { type StubUpstream, startStubUpstream } from '../parts/stub-upstream.ts'

let hydra: StubUpstream
let admin: StubUpstream
let gate: HydraGate
beforeAll(async () => {
  hydra = await startStubUpstream()
  admin = await startStubUpstream()
  gate = await startHydraGate({
    hydra: { url: hydra.url, adminUrl: admin.url },
    config: { allowedOrigins: ['https://spa.example.com'] },
  })
})
afterEach(() => {
  hydra.arrived.length = 0
  admin.arrived.length = 0
  hydra.respond((_request, response) => void response.end('hydra'))
})
afterAll(async () => {
  await gate.close()
  await hydra.close()
  await admin.close()
})

const get = (path: string, init?: RequestInit) =>
  fetch(`${gate.openid}/${path}`, { redirect: 'manual', ...init })

describe("a public path of Hydra's", () => {
  it.each([
    ['oauth2/auth?client_id=a&scope=openid+email&x=%2F', '/oauth2/auth?client_id=a&scope=openid+email&x=%2F'],
    ['oauth2/token', '/oauth2/token'],
    ['oauth2/revoke', '/oauth2/revoke'],
    ['oauth2/sessions/logout', '/oauth2/sessions/logout'],
    ['oauth2/fallbacks/logout/callback', '/oauth2/fallbacks/logout/callback'],
    ['oauth2/device/auth', '/oauth2/device/auth'],
    [
      'oauth2/register/a0000000-0000-4000-8000-000000000001',
      '/oauth2/register/a0000000-0000-4000-8000-000000000001',
    ],
    ['userinfo', '/userinfo'],
    ['credentials', '/credentials'],
    ['.well-known/openid-configuration', '/.well-known/openid-configuration'],
    ['%2ewell-known/jwks.json', '/.well-known/jwks.json'],
  ])('%s arrives as %s', async (path, target) => {
    expect((await get(path)).status).toBe(200)
    expect(hydra.arrived.map((request) => request.target)).toEqual([target])
  })

  it('is answered with cookies and Location as Hydra sent them', async () => {
    const cookies = [
      'ory_hydra_login_csrf_dev_1=MTY=|x==; Path=/; HttpOnly; SameSite=Lax',
      'b=2; Path=/; Secure',
    ]
    const location = `https://app.example.com/login?login_challenge=${'x'.repeat(1900)}%3D`
    hydra.respond((_request, response) => {
      response.writeHead(302, { location, 'set-cookie': cookies }).end()
    })
    const answer = await get('oauth2/auth?client_id=a', {
      headers: { cookie: `ory_hydra_session=1; ${gate.cookies.ada}` },
    })
    expect([answer.status, answer.headers.get('location'), answer.headers.getSetCookie()]).toEqual([
      302,
      location,
      cookies,
    ])
    expect(hydra.last().headers.cookie).toBe('ory_hydra_session=1')
  })

  it('gets a form of a client as it was sent, and answers before it has finished', async () => {
    let finish = () => {}
    hydra.respond((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      response.write('{"a":')
      finish = () => response.end('1}')
    })
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code: 'ory_ac_1',
      client_assertion: 'e30.e30.x',
    })
    const answer = await get('oauth2/token', {
      method: 'POST',
      headers: { authorization: 'Basic YTpi' },
      body,
    })
    const reader = answer.body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('{"a":')
    finish()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('1}')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(hydra.last()).toMatchObject({ method: 'POST', body: String(body) })
    expect(hydra.last().headers.authorization).toBe('Basic YTpi')
  })

  it('may be posted to by a page of another site, as OpenID Connect has it', async () => {
    const answer = await get('oauth2/sessions/logout', {
      method: 'POST',
      headers: { origin: 'https://other.example', cookie: `ory_hydra_session=1; ${gate.cookies.ada}` },
      body: new URLSearchParams({ id_token_hint: 'e30.e30.x' }),
    })
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, null])
  })

  it('lets configured origins read the answer, also of a preflight', async () => {
    const origin = 'https://spa.example.com'
    hydra.respond((_request, response) => {
      response.writeHead(200, { 'access-control-allow-origin': '*' }).end('{}')
    })
    const preflight = await get('oauth2/token', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    })
    const answer = await get('userinfo', { headers: { origin } })
    for (const { status, headers } of [preflight, answer]) {
      expect([status < 300, headers.get('access-control-allow-origin')]).toEqual([true, origin])
    }
    expect(hydra.arrived).toHaveLength(1)
  })

  it.each([400, 401, 403, 429, 500, 503])('passes %i of Hydra on', async (status) => {
    hydra.respond((_request, response) => {
      response
        .writeHead(status, { 'content-type': 'application/json', 'www-authenticate': 'Bearer' })
        .end('{"error":"x"}')
    })
    const answer = await get('userinfo')
    expect([answer.status, await answer.text()]).toEqual([status, '{"error":"x"}'])
  })
})

describe('the discovery document and the keys', () => {
  it.each(['openid-configuration', 'jwks.json'])('%s may be cached for a short time', async (name) => {
    hydra.respond(
      (_request, response) => void response.writeHead(200, { 'cache-control': 'no-store' }).end('{}'),
    )
    for (const method of ['GET', 'HEAD']) {
      const answer = await get(`.well-known/${name}`, { method })
      expect(answer.headers.get('cache-control')).toMatch(/^public, max-age=60\b/)
      expect(answer.headers.get('vary')).toContain('Origin')
    }
  })

  it('are not cached when Hydra fails or sets a cookie', async () => {
    hydra.respond((_request, response) => void response.writeHead(500).end())
    expect((await get('.well-known/jwks.json')).headers.get('cache-control')).toBeNull()
    hydra.respond((_request, response) => void response.writeHead(200, { 'set-cookie': 'a=1' }).end('{}'))
    expect((await get('.well-known/jwks.json')).headers.get('cache-control')).toBeNull()
  })
})

describe('our own credentials', () => {
  const signed = (alg: string, claims: Record<string, unknown>) => {
    const part = (value: unknown) =>
      btoa(JSON.stringify(value)).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_')
    return `${part({ alg, typ: 'JWT' })}.${part(claims)}.c2ln`
  }
  const authorizationAtHydra = async (authorization: string) => {
    await get('userinfo', { headers: { authorization, 'x-session-token': authorization } })
    const { headers } = hydra.last()
    return [headers.authorization, headers['x-session-token']]
  }

  it('never reach Hydra', async () => {
    const loopToken = gate.cookies.ada.slice('loopToken='.length)
    const sibling = await new SignJWT({ iss: 'https://loop.example' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode('a-key-of-tests-that-is-32-bytes-long'))
    const ours = [
      loopToken,
      sibling,
      signed('ES256', { iss: 'authlance' }),
      signed('none', { iss: 'https://id.example' }),
      signed('RS256', {}),
      'e30.e30.x',
      'not.json.either',
      'pat_ab12-secret',
    ]
    for (const token of ours) {
      expect([token, ...(await authorizationAtHydra(`Bearer ${token}`))]).toEqual([
        token,
        undefined,
        undefined,
      ])
    }
  })

  it("are told apart from a client's own", async () => {
    const theirs = [
      'Bearer ory_at_abc.def',
      'Basic YTpi',
      `Bearer ${signed('RS256', { iss: 'https://id.example/authlance/openid' })}`,
    ]
    for (const value of theirs) expect((await authorizationAtHydra(value))[0]).toBe(value)
  })
})

const HIDDEN = [
  '',
  'admin',
  'admin/',
  'admin/clients/',
  'admin/clients/a/lifespans',
  'admin/keys',
  'admin/keys/hydra.openid.id-token',
  'admin/oauth2/introspect',
  'admin/oauth2/auth/requests/login?login_challenge=x',
  'admin/oauth2/auth/requests/login/accept?login_challenge=x',
  'admin/oauth2/auth/requests/logout/accept?logout_challenge=x',
  'admin/oauth2/auth/requests/consent/',
  'admin/oauth2/auth/sessions/login?subject=x',
  'admin/oauth2/tokens?client_id=x',
  'admin/trust/grants/jwt-bearer/issuers',
  'ADMIN/clients',
  'Admin/keys',
  '%61dmin/keys',
  'clients',
  'keys',
  'oauth2/introspect',
  'oauth2/auth/requests/login',
  'oauth2/auth/sessions/consent',
  'oauth2/tokens',
  'health/ready',
  'version',
  'metrics/prometheus',
  'oauth2/../admin/keys',
  'oauth2/%2e%2e/admin/keys',
  'oauth2/..%2fadmin%2fkeys',
  'oauth2/%252e%252e%252fadmin%252fkeys',
  '.well-known/../admin/keys',
  '.well-known/..%2fadmin%2fkeys',
  '.well-known/%2e%2e',
  '..',
  '../../admin/keys',
  '/admin/keys',
  '//admin/keys',
  'oauth2//token',
  'oauth2/token/',
  'oauth2/token;x=1',
  'oauth2/token%3fx',
  'oauth2/token%00',
  'oauth2/fallbacks/%2e%2e/%2e%2e/admin/keys',
  'userinfo%2f..%2fadmin',
  '@127.0.0.1/admin/keys',
  'http://127.0.0.1:1/admin/keys',
  '%',
]

describe('what is not public at Hydra', () => {
  it.each(HIDDEN)('%j is our own 404, for everybody and every method', async (path) => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const answer = await sendLines(Number(new URL(gate.url).port), [
        `${method} /authlance/openid/${path} HTTP/1.1`,
        'Host: gate.example.com',
        'Connection: close',
        `Cookie: ${gate.cookies.root}`,
        'Sec-Fetch-Site: same-origin',
        'Content-Length: 0',
      ])
      expect([method, answer.slice(0, 12)]).toEqual([method, 'HTTP/1.1 404'])
      expect(answer).toContain('"code":"not_found"')
    }
    expect([hydra.arrived, admin.arrived]).toEqual([[], []])
  })

  it.each([
    ['DELETE', 'admin/clients', 'GET, HEAD, POST, OPTIONS'],
    ['PUT', 'admin/clients', 'GET, HEAD, POST, OPTIONS'],
    ['POST', 'admin/clients/a', 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
    ['DELETE', 'admin/oauth2/auth/requests/consent?consent_challenge=x', 'GET, HEAD, OPTIONS'],
    ['POST', 'admin/oauth2/auth/requests/consent/accept?consent_challenge=x', 'PUT, OPTIONS'],
    ['GET', 'admin/oauth2/auth/requests/consent/accept?consent_challenge=x', 'PUT, OPTIONS'],
    ['DELETE', 'admin/oauth2/auth/requests/consent/reject?consent_challenge=x', 'PUT, OPTIONS'],
  ])('has no %s %s: 405, which Hydra never sees', async (method, path, allow) => {
    for (const person of [undefined, 'ada', 'root'] as const) {
      const answer = await gate.browse(person, path, { method })
      expect([answer.status, answer.body.code]).toEqual([405, 'method_not_allowed'])
      expect(answer.headers.get('allow')!.split(', ').sort()).toEqual(allow.split(', ').sort())
    }
    expect([hydra.arrived, admin.arrived]).toEqual([[], []])
  })

  it('is not reached by a redirect either', async () => {
    for (const location of [
      `${admin.url}/admin/x`,
      `${admin.url}/x`,
      'http://hydra:4445/admin/oauth2/auth',
    ]) {
      hydra.respond((_request, response) => void response.writeHead(307, { location }).end())
      const answer = await get('oauth2/auth')
      expect([location, answer.status, answer.headers.get('location')]).toEqual([location, 404, null])
    }
    expect(admin.arrived).toEqual([])
  })
})

describe('without Hydra', () => {
  it('answers 404 where no public address is configured', async () => {
    const bare = await startHydraGate({ hydra: {} })
    for (const path of ['oauth2/auth', '.well-known/jwks.json']) {
      expect(await bare.browse(undefined, path)).toMatchObject({ status: 404, body: { code: 'not_found' } })
    }
    await bare.close()
  })

  it('answers 503 with Retry-After while Hydra is away', async () => {
    const away = await startHydraGate({ hydra: { url: 'http://127.0.0.1:9', proxyRetryMs: 0 } })
    const answer = await away.browse(undefined, '.well-known/jwks.json')
    expect(answer).toMatchObject({ status: 503, body: { code: 'upstream_unavailable' } })
    expect(answer.headers.get('retry-after')).toBe('2')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    await away.close()
  })
})
