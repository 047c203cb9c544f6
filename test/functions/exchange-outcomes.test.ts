import { afterEach, describe, expect, it } from 'vitest'
import myGroups from '../../functions/authlance/identity/api/v1/profile/my-groups/[user].ts'
import me from '../../functions/authlance/identity/me.ts'
import { noMetrics } from '../../lib/metrics.ts'
import type { Kratos, WhoamiResult } from '../../lib/ory/kratos.ts'
import { call, ORIGIN, setCookie } from '../parts/call.ts'
import { fakeSession, knows } from '../parts/fake-session.ts'
import { createTestEnv, type TestEnv, type TestEnvOptions } from '../parts/test-env.ts'

const GROUPS = '/authlance/identity/api/v1/profile/my-groups/me'
const PATH = '/authlance/identity/me'
const SESSION = fakeSession()
const BODY = { session: SESSION.id }
const COOKIE = { cookie: 'ory_kratos_session=abc; loopToken=old', origin: ORIGIN }

let opened: TestEnv[] = []
afterEach(async () => {
  await Promise.all(opened.map((test) => test.close()))
  opened = []
})

async function open(options: TestEnvOptions): Promise<TestEnv> {
  const test = await createTestEnv(options)
  opened.push(test)
  return test
}

const answering = (answer: WhoamiResult): { kratos: Partial<Kratos> } => ({
  kratos: { whoami: async () => answer },
})

describe('a session that Kratos vouches for', () => {
  it('gives the token and sets it as a cookie for its life', async () => {
    const test = await open({ kratos: knows(SESSION), config: { cookieDomain: '.example.com' } })
    const answer = await call(test, me, PATH, { json: BODY, headers: COOKIE })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ token: expect.any(String) })
    expect(setCookie(answer)).toBe(
      `loopToken=${answer.body.token}; Max-Age=900; Path=/; Domain=.example.com; SameSite=Lax; Secure; HttpOnly`,
    )
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it.each([
    ['X-Session-Token', { 'x-session-token': 'ory_st_abc' }],
    ['a bearer session token', { authorization: 'Bearer ory_st_abc' }],
  ])('is proven by %s, without a check of the origin', async (_, headers) => {
    const seen: unknown[] = []
    const whoami: Kratos['whoami'] = async (credential) => {
      seen.push(credential)
      return { kind: 'session', session: SESSION }
    }
    const test = await open({ kratos: { whoami } })
    expect((await call(test, me, PATH, { json: BODY, headers })).status).toBe(200)
    expect(seen).toEqual([{ sessionToken: 'ory_st_abc' }])
  })

  it('never outlives the Kratos session', async () => {
    const now = Date.UTC(2026, 0, 1)
    const test = await open({ now, kratos: knows(fakeSession({ expiresAt: now + 60_000 })) })
    const answer = await call(test, me, PATH, { json: BODY, headers: COOKIE })
    expect(setCookie(answer)).toContain('Max-Age=60;')
    expect(JSON.parse(atob(answer.body.token.split('.')[1])).exp).toBe(now / 1000 + 60)
  })

  it('keeps the cookie under the browsers’ limit when the user has many groups', async () => {
    const test = await open({ kratos: knows(SESSION), config: { authlance: { autoCreateGroup: true } } })
    await call(test, me, PATH, { json: BODY, headers: COOKIE })
    const { id } = await test.env.db.selectFrom('users').select('id').executeTakeFirstOrThrow()
    for (let index = 0; index < 80; index++) {
      const name = `a-rather-long-group-name-${String.fromCharCode(97 + (index % 26))}-${index}-x`
      const row = {
        name,
        long_name: name,
        subscription_uuid: crypto.randomUUID(),
        created_at: 1,
        updated_at: 1,
      }
      await test.env.db.insertInto('groups').values(row).execute()
      const group = await test.env.db
        .selectFrom('groups')
        .select('id')
        .where('name', '=', name)
        .executeTakeFirstOrThrow()
      await test.env.db
        .insertInto('memberships')
        .values({ group_id: group.id, user_id: id, created_at: 1 })
        .execute()
    }
    const answer = await call(test, me, PATH, { json: BODY, headers: COOKIE })
    expect(JSON.parse(atob(answer.body.token.split('.')[1])).user.groups).toHaveLength(81)
    const line = setCookie(answer)!
    expect(line.length).toBeLessThanOrEqual(4096)
    const cookie = line.split(';')[0]!
    const groups = await call(test, myGroups, '/authlance/identity/api/v1/profile/my-groups/me', {
      headers: { cookie },
    })
    expect(groups.body).toHaveLength(81)
  })
})

describe('a token that would be too long', () => {
  it('for our own limit leaves groups out, so that we take it in a header', async () => {
    const config = { authlance: { autoCreateGroup: true }, token: { maxBytes: 1024 } }
    const test = await open({ kratos: knows(SESSION), config })
    await call(test, me, PATH, { json: BODY, headers: COOKIE })
    const { id } = await test.env.db.selectFrom('users').select('id').executeTakeFirstOrThrow()
    const roles = Array.from({ length: 30 }, (_, index) => ({
      user_id: id,
      group_id: 1,
      role: `a-role-${index}`,
    }))
    await test.env.db.insertInto('membership_roles').values(roles).execute()
    const { token } = (await call(test, me, PATH, { json: BODY, headers: COOKIE })).body
    expect(JSON.parse(atob(token.split('.')[1])).user).toMatchObject({
      groups: [],
      groupRoles: [],
      truncated: true,
    })
    const headers = { authorization: `Bearer ${token}` }
    expect((await call(test, myGroups, GROUPS, { headers })).body).toHaveLength(1)
  })

  it.each(['语'.repeat(255), '🦊'.repeat(255)])(
    'for a cookie leaves out names of 255 such characters: %s',
    async (name) => {
      const test = await open({ kratos: knows(fakeSession({ first: name, last: name })) })
      const answer = await call(test, me, PATH, { json: BODY, headers: COOKIE })
      expect(setCookie(answer)!.length).toBeLessThanOrEqual(4096)
      const headers = { cookie: setCookie(answer)!.split(';')[0]! }
      expect((await call(test, myGroups, GROUPS, { headers })).status).toBe(200)
    },
  )
})

describe('a malformed body', () => {
  it.each([
    ['no body at all', {}],
    ['an empty body', { body: '', headers: { 'content-type': 'application/json' } }],
    ['not JSON', { body: '{session', headers: { 'content-type': 'application/json' } }],
    [
      'invalid UTF-8',
      { body: new Uint8Array([0x22, 0xff, 0x22]), headers: { 'content-type': 'application/json' } },
    ],
    ['an array', { json: [] }],
    ['no session', { json: {} }],
    ['a session that is no string', { json: { session: 7 } }],
    ['a session of more than 256 characters', { json: { session: 'x'.repeat(257) } }],
  ])('%s is 400', async (_, init) => {
    const test = await open({ kratos: knows(SESSION) })
    const headers = { ...COOKIE, ...(init as { headers?: object }).headers }
    const answer = await call(test, me, PATH, { method: 'POST', ...init, headers })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.body.error).toBe(answer.body.detail)
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=b', ''])(
    'content type %j is 415',
    async (type) => {
      const test = await open({ kratos: knows(SESSION) })
      const body = new TextEncoder().encode(JSON.stringify(BODY))
      const headers = { ...COOKIE, ...(type && { 'content-type': type }) }
      const answer = await call(test, me, PATH, { method: 'POST', body, headers })
      expect([answer.status, answer.body.code]).toEqual([415, 'unsupported_media_type'])
    },
  )

  it('over the size limit is 413', async () => {
    const test = await open({ kratos: knows(SESSION) })
    const answer = await call(test, me, PATH, { json: { session: 'x'.repeat(1_100_000) }, headers: COOKIE })
    expect([answer.status, answer.body.code]).toEqual([413, 'payload_too_large'])
  })
})

describe('a caller that does not prove the session is 401', () => {
  it.each([
    ['no credential', {}, 'unauthenticated'],
    [
      'our own token as a bearer',
      { authorization: 'Bearer a.b.c', cookie: COOKIE.cookie },
      'unauthenticated',
    ],
    [
      'a personal access token',
      { authorization: 'Bearer pat_a-b', cookie: COOKIE.cookie },
      'unauthenticated',
    ],
    [
      'a header that is no bearer, beside a good cookie',
      { authorization: 'Basic YTpi', cookie: COOKIE.cookie },
      'unauthenticated',
    ],
  ])('%s, without asking Kratos', async (_, headers, code) => {
    let asked = 0
    const whoami: Kratos['whoami'] = async () => {
      asked++
      return { kind: 'session', session: SESSION }
    }
    const test = await open({ kratos: { whoami } })
    const answer = await call(test, me, PATH, { json: BODY, headers: { origin: ORIGIN, ...headers } })
    expect([answer.status, answer.body.code, asked]).toEqual([401, code, 0])
  })

  it.each([
    ['Kratos knows no such session', { kind: 'unauthenticated' } as const],
    ['the id is another session’s', { kind: 'session', session: fakeSession({ sid: 'another' }) } as const],
    ['the session is inactive', { kind: 'session', session: fakeSession({ active: false }) } as const],
    [
      'the session has expired',
      { kind: 'session', session: fakeSession({ expiresAt: Date.now() - 1 }) } as const,
    ],
  ])('%s', async (_, answer) => {
    const test = await open(answering(answer))
    const result = await call(test, me, PATH, { json: BODY, headers: COOKIE })
    expect([result.status, result.body.code, setCookie(result)]).toEqual([401, 'session_invalid', undefined])
  })
})

describe('403', () => {
  it('tells where a second factor is given', async () => {
    const redirectBrowserTo = 'http://127.0.0.1/login?aal=aal2'
    const test = await open(answering({ kind: 'aal2_required', redirectBrowserTo }))
    const answer = await call(test, me, PATH, { json: BODY, headers: COOKIE })
    expect(answer.status).toBe(403)
    expect(answer.body).toMatchObject({
      code: 'session_aal2_required',
      redirect_browser_to: redirectBrowserTo,
    })
  })

  it('for a Kratos identity that is inactive', async () => {
    const test = await open({ kratos: knows(fakeSession({ state: 'inactive' })) })
    const answer = await call(test, me, PATH, { json: BODY, headers: COOKIE })
    expect([answer.status, answer.body.code]).toEqual([403, 'user_banned'])
  })

  it('for a user banned here, on renewal and on a new session, and for the token of before', async () => {
    let session = SESSION
    const test = await open({ kratos: { whoami: async () => ({ kind: 'session', session }) } })
    const first = await call(test, me, PATH, { json: BODY, headers: COOKIE })
    await test.env.db.updateTable('users').set({ state: 'inactive' }).execute()

    const renewal = await call(test, me, PATH, { json: BODY, headers: COOKIE })
    expect([renewal.status, renewal.body.code]).toEqual([403, 'user_banned'])
    session = fakeSession({ sid: 'a-new-session' })
    const fresh = await call(test, me, PATH, { json: { session: session.id }, headers: COOKIE })
    expect([fresh.status, fresh.body.code]).toEqual([403, 'user_banned'])
    const headers = { authorization: `Bearer ${first.body.token}` }
    const read = await call(test, myGroups, '/authlance/identity/api/v1/profile/my-groups/me', { headers })
    expect([read.status, read.body.code]).toEqual([403, 'user_banned'])
  })

  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['the opaque origin', { origin: 'null', 'sec-fetch-site': 'same-origin' }],
    ['no origin', {}],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling site', { 'sec-fetch-site': 'same-site' }],
    [
      'another host that claims to be the same origin',
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    ],
  ])('for a cookie sent from %s', async (_, headers) => {
    const test = await open({ kratos: knows(SESSION) })
    const answer = await call(test, me, PATH, { json: BODY, headers: { cookie: COOKIE.cookie, ...headers } })
    expect([answer.status, answer.body.code]).toEqual([403, 'origin_not_allowed'])
  })

  it.each([
    ['an allowed origin', { origin: 'https://app.example.com' }],
    ['its own origin', { origin: ORIGIN }],
    ['its own origin by the browser’s word', { 'sec-fetch-site': 'same-origin' }],
  ])('not for a cookie sent from %s', async (_, headers) => {
    const test = await open({
      kratos: knows(SESSION),
      config: { allowedOrigins: ['https://app.example.com'] },
    })
    expect(
      (await call(test, me, PATH, { json: BODY, headers: { cookie: COOKIE.cookie, ...headers } })).status,
    ).toBe(200)
  })
})

describe('the exchange metric', () => {
  it('counts every outcome by its code', async () => {
    const counted: string[] = []
    const metrics = { ...noMetrics, countExchange: (outcome: string) => void counted.push(outcome) }
    let answer: WhoamiResult = { kind: 'session', session: SESSION }
    const test = await open({ kratos: { whoami: async () => answer }, env: { metrics } })
    const exchange = (headers: Record<string, string> = COOKIE) =>
      call(test, me, PATH, { json: BODY, headers })

    await exchange()
    await exchange()
    await exchange({ ...COOKIE, origin: 'https://evil.example' })
    await exchange({})
    answer = { kind: 'unauthenticated' }
    await exchange()
    answer = { kind: 'session', session: SESSION }
    await test.env.db.updateTable('users').set({ state: 'inactive' }).execute()
    await exchange()
    await test.env.db.updateTable('sessions').set({ revoked_at: 1 }).execute()
    await exchange()
    expect(counted).toEqual([
      'admitted',
      'renewed',
      'origin_not_allowed',
      'unauthenticated',
      'session_invalid',
      'user_banned',
      'session_revoked',
    ])
  })
})

describe('trouble that is not the caller’s', () => {
  it.each(['connection', 'timeout', 'status', 'body'] as const)(
    'Kratos’ %s is 503, and the cookie stays',
    async (reason) => {
      const test = await open(answering({ kind: 'unavailable', reason }))
      const answer = await call(test, me, PATH, { json: BODY, headers: COOKIE })
      expect([answer.status, answer.body.code]).toEqual([503, 'upstream_unavailable'])
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(answer.headers.getSetCookie()).toEqual([])
    },
  )

  it('the database’s is 503', async () => {
    const test = await createTestEnv({ kratos: knows(SESSION) })
    await test.close()
    const answer = await call(test, me, PATH, { json: BODY, headers: COOKIE })
    expect([answer.status, answer.body.code]).toEqual([503, 'database_unavailable'])
    expect(answer.headers.getSetCookie()).toEqual([])
  })
})
