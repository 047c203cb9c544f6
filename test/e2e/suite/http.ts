import { expect, it } from 'vitest'
import { callBare, claimsOf, I, signUp } from './dashboard.ts'
import { ALLOWED_ORIGIN, type Transport } from './transport.ts'

const GROUPS = `${I}/profile/my-groups/me`

/** Credentials, origins, methods, headers and errors. */
export function httpTests(gate: () => Transport): void {
  it('takes the header before the cookie, and never falls back to it', async () => {
    const [ada, eve] = [await signUp(gate()), await signUp(gate())]
    const headers = { authorization: `Bearer ${ada.token}` }
    const { body } = await eve.call(GROUPS, { headers })
    expect(body.map(({ name }: { name: string }) => name)).toEqual(claimsOf(ada.token).user.groups)
    for (const authorization of ['Bearer a.b.c', 'Bearer', 'Basic YTpi', `Bearer ${ada.token}x`]) {
      const answer = await ada.call(GROUPS, { headers: { authorization } })
      expect([answer.status, answer.body.code]).toEqual([401, 'token_invalid'])
    }
    const none = await callBare(gate(), GROUPS)
    expect([none.status, none.body.code]).toEqual([401, 'unauthenticated'])
  })

  it('answers a preflight of an allowed origin, and refuses another’s', async () => {
    const preflight = (origin: string) =>
      callBare(gate(), `${I}/profile/me`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type',
        },
      })
    const allowed = await preflight(ALLOWED_ORIGIN)
    expect(allowed.status).toBe(204)
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': ALLOWED_ORIGIN,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': expect.stringContaining('POST'),
      'access-control-allow-headers': expect.stringMatching(/authorization.*content-type/i),
    })
    const refused = await preflight('https://evil.example')
    expect([refused.status, refused.headers.has('access-control-allow-origin')]).toEqual([403, false])
  })

  it('echoes an allowed origin on every answer, errors and proxied ones included, and no other', async () => {
    for (const path of [
      `${I}/subscriptions/tiers`,
      GROUPS,
      '/authlance/identity/sessions/whoami',
      '/nowhere',
    ]) {
      const echoed = await callBare(gate(), path, { headers: { origin: ALLOWED_ORIGIN } })
      expect(echoed.headers.get('access-control-allow-origin')).toBe(ALLOWED_ORIGIN)
      expect(echoed.headers.get('access-control-allow-credentials')).toBe('true')
      expect(echoed.headers.get('access-control-expose-headers')).toContain('Link')
      const other = await callBare(gate(), path, { headers: { origin: 'https://evil.example' } })
      expect(other.headers.has('access-control-allow-origin')).toBe(false)
      expect(other.headers.get('vary')).toContain('Origin')
    }
  })

  it('refuses a change that another site’s page makes with the cookie', async () => {
    const ada = await signUp(gate())
    for (const path of ['/authlance/identity/me', `${I}/profile/me`]) {
      const answer = await ada.call(path, {
        json: { session: ada.sid },
        headers: { origin: 'https://evil.example' },
      })
      expect([answer.status, answer.body.code]).toEqual([403, 'origin_not_allowed'])
    }
  })

  it('answers HEAD, OPTIONS and other methods by what the route has', async () => {
    const head = await callBare(gate(), `${I}/subscriptions/tiers`, { method: 'HEAD' })
    expect([head.status, head.body]).toEqual([200, ''])
    const options = await callBare(gate(), '/authlance/identity/me', { method: 'OPTIONS' })
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'POST, OPTIONS'])
    const wrong = await callBare(gate(), `${I}/subscriptions/tiers`, { method: 'DELETE' })
    expect([wrong.status, wrong.body.code]).toEqual([405, 'method_not_allowed'])
    expect(wrong.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    const get = await callBare(gate(), '/authlance/identity/me')
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  })

  it('carries the request id in and out, and makes one of its own for what is none', async () => {
    for (const path of [`${I}/health`, GROUPS, '/authlance/identity/sessions/whoami', '/nowhere']) {
      const headers = { 'x-request-id': 'suite-7.a_b' }
      expect((await callBare(gate(), path, { headers })).headers.get('x-request-id')).toBe('suite-7.a_b')
      const odd = await callBare(gate(), path, { headers: { 'x-request-id': 'a b;c' } })
      expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    }
  })

  it('says what is wrong as problem+json, with the security headers', async () => {
    const { status, headers, body } = await callBare(gate(), GROUPS, { headers: { 'x-request-id': 'r-1' } })
    expect([status, headers.get('content-type')]).toEqual([401, 'application/problem+json'])
    expect(body).toEqual({
      type: 'urn:authlance:error:unauthenticated',
      title: expect.any(String),
      status: 401,
      detail: expect.any(String),
      code: 'unauthenticated',
      requestId: 'r-1',
      error: body.detail,
    })
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    })
  })

  it('what is not there, or lacks a value in the path, is our own 404', async () => {
    const ada = await signUp(gate())
    for (const path of [
      `${I}/nothing/here`,
      `${I}/profile/my-groups/`,
      `${I}/profile/my-group/roles//1`,
      `${I}/realm/group//members`,
      `${I}/realm/group/`,
      '/authlance/identity/admin/identities',
      '/metrics',
      '/',
    ]) {
      const { status, body } = await ada.call(path)
      expect([path, status, body.code]).toEqual([path, 404, 'not_found'])
    }
  })

  it('bodies that are malformed, of another type or too large are 400, 415 and 413', async () => {
    const post = (body: string, type: string) =>
      callBare(gate(), '/authlance/identity/me', { method: 'POST', headers: { 'content-type': type }, body })
    expect((await post('{', 'application/json')).body.code).toBe('invalid_json')
    expect((await post('{}', 'application/json')).body.code).toBe('invalid_request')
    expect((await post('session=a', 'application/x-www-form-urlencoded')).status).toBe(415)
    expect((await post(JSON.stringify({ session: 'x'.repeat(1_100_000) }), 'application/json')).status).toBe(
      413,
    )
  })

  it('tells how it is', async () => {
    const health = await callBare(gate(), `${I}/health`)
    expect([health.status, health.body]).toEqual([200, { status: 'UP' }])
    expect((await callBare(gate(), '/livez')).status).toBe(200)
    for (const path of ['/readyz', '/healthz']) {
      const { status, body } = await callBare(gate(), path)
      expect([status, body.state]).toEqual([200, 'up'])
      expect(body.parts).toMatchObject({ database: { state: 'up' }, kratos: { state: 'up' } })
    }
  })

  it('shows its numbers on the internal port alone, where there is one', async () => {
    expect((await callBare(gate(), '/metrics')).status).toBe(404)
    const { internalUrl } = gate()
    const numbers = internalUrl && (await (await fetch(`${internalUrl}/metrics`)).text())
    expect(numbers ?? 'authlance_http_requests_total').toContain('authlance_http_requests_total')
  })
}
