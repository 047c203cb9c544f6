import { describe, expect, it } from 'vitest'
import myGroups from '../../functions/authlance/identity/api/v1/profile/my-groups/[user].ts'
import me from '../../functions/authlance/identity/me.ts'
import type { Kratos } from '../../lib/ory/kratos.ts'
import { call, ORIGIN, setCookie } from '../parts/call.ts'
import { answering, BODY, COOKIE, open, PATH, SESSION } from '../parts/exchange-session.ts'
import { fakeSession, knows } from '../parts/fake-session.ts'

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
