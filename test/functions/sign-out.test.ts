import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import myGroups from '../../functions/authlance/identity/api/v1/profile/my-groups/[user].ts'
import logout from '../../functions/authlance/identity/me/logout.ts'
import me from '../../functions/authlance/identity/me.ts'
import { signLoopToken } from '../../lib/auth/loop-token.ts'
import type { WhoamiResult } from '../../lib/ory/kratos.ts'
import { call, ORIGIN, setCookie } from '../parts/call.ts'
import { fakeSession } from '../parts/fake-session.ts'
import { createTestEnv, type TestEnv } from '../parts/test-env.ts'

const SESSION = fakeSession()
const GROUPS = '/authlance/identity/api/v1/profile/my-groups/me'
const LOGOUT = '/authlance/identity/me/logout'
const CLEARED =
  'loopToken=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; SameSite=Lax; Secure; HttpOnly'

let test: TestEnv
let whoami: WhoamiResult | Promise<WhoamiResult>
let ended: string[]

beforeEach(async () => {
  whoami = { kind: 'session', session: SESSION }
  ended = []
  test = await createTestEnv({
    kratos: {
      whoami: async () => whoami,
      async endSession(sid) {
        ended.push(sid)
        return { kind: 'ended' }
      },
    },
  })
})
afterEach(() => test.close())

const exchange = () =>
  call(test, me, '/authlance/identity/me', {
    json: { session: SESSION.id },
    headers: { cookie: 'ory_kratos_session=abc', origin: ORIGIN },
  })
const read = (token: string) =>
  call(test, myGroups, GROUPS, { headers: { authorization: `Bearer ${token}` } })
const signOut = (headers: Record<string, string> = {}, method = 'GET') =>
  call(test, logout, LOGOUT, { method, headers })

describe('a sign-out of a session that Kratos confirms', () => {
  it('clears the cookie with the same attributes and kills every token of the session at once', async () => {
    const { token } = (await exchange()).body
    const renewed = (await exchange()).body.token
    const answer = await signOut({ cookie: `ory_kratos_session=abc; loopToken=${token}` })
    expect([answer.status, answer.body, setCookie(answer)]).toEqual([200, { message: 'signed out' }, CLEARED])
    for (const old of [token, renewed]) {
      const refused = await read(old)
      expect([refused.status, refused.body.code]).toEqual([401, 'session_revoked'])
    }
    expect(ended).toEqual([SESSION.id])
    expect((await exchange()).body.code).toBe('session_revoked')
  })

  it('leaves a tombstone for a session that was never exchanged, so that a racing first exchange loses', async () => {
    await signOut({ cookie: 'ory_kratos_session=abc' })
    const late = await exchange()
    expect([late.status, late.body.code]).toEqual([401, 'session_revoked'])
    expect(await test.env.db.selectFrom('users').selectAll().execute()).toEqual([])
    expect(await test.env.db.selectFrom('event_outbox').selectAll().execute()).toEqual([])
  })

  it('wins over an exchange under way, whichever commits first', async () => {
    for (let round = 0; round < 20; round++) {
      const sid = `race-${round}`
      whoami = { kind: 'session', session: fakeSession({ sid }) }
      const headers = { cookie: 'ory_kratos_session=abc', origin: ORIGIN }
      const [exchanged] = await Promise.all([
        call(test, me, '/authlance/identity/me', { json: { session: sid }, headers }),
        signOut({ cookie: 'ory_kratos_session=abc' }),
      ])
      if (exchanged.status === 200) expect((await read(exchanged.body.token)).status).toBe(401)
      const again = await call(test, me, '/authlance/identity/me', { json: { session: sid }, headers })
      expect([again.status, again.body.code]).toEqual([401, 'session_revoked'])
    }
  })
})

describe('a sign-out proven by a session token', () => {
  it.each([
    ['X-Session-Token', { 'x-session-token': 'ory_st_abc' }],
    ['a bearer session token', { authorization: 'Bearer ory_st_abc' }],
  ])('in %s ends the session too', async (_, headers) => {
    const { token } = (await exchange()).body
    await signOut(headers)
    expect((await read(token)).body.code).toBe('session_revoked')
    expect(ended).toEqual([SESSION.id])
  })

  it('leaves a session that needs a second factor to a later exchange', async () => {
    const { token } = (await exchange()).body
    whoami = { kind: 'aal2_required' }
    await signOut({ 'x-session-token': 'ory_st_abc', cookie: `loopToken=${token}` })
    expect(ended).toEqual([])
    whoami = { kind: 'session', session: SESSION }
    expect((await exchange()).status).toBe(200)
  })

  it('does not let our own token in the header hide the browser’s session', async () => {
    const { token } = (await exchange()).body
    await signOut({ authorization: `Bearer ${token}`, cookie: 'ory_kratos_session=abc' })
    expect(ended).toEqual([SESSION.id])
    expect((await exchange()).body.code).toBe('session_revoked')
  })
})

describe('a sign-out after Kratos has said 401', () => {
  it('takes the session from an expired token with a good signature', async () => {
    await exchange()
    const { token } = (await exchange()).body
    test.clock.advance(3_600_000)
    whoami = { kind: 'unauthenticated' }
    await signOut({ cookie: `loopToken=${token}` })
    whoami = { kind: 'session', session: SESSION }
    expect((await exchange()).body.code).toBe('session_revoked')
  })

  it('does nothing for a forged token', async () => {
    const { token } = (await exchange()).body
    const [header, payload] = token.split('.')
    whoami = { kind: 'unauthenticated' }
    const answer = await signOut({ cookie: `loopToken=${header}.${payload}.AAAA` })
    expect([answer.status, setCookie(answer)]).toEqual([200, CLEARED])
    expect((await read(token)).status).toBe(200)
  })

  it('succeeds without any credential', async () => {
    const answer = await signOut()
    expect([answer.status, answer.body.message]).toEqual([200, 'signed out'])
  })
})

describe.each<[string, WhoamiResult]>([
  ['a second factor is due', { kind: 'aal2_required' }],
  ['Kratos is in trouble', { kind: 'unavailable', reason: 'timeout' }],
])('a sign-out while %s', (_, trouble) => {
  it('kills the tokens issued so far but lets a later exchange of the same session work', async () => {
    const { token } = (await exchange()).body
    whoami = trouble
    const answer = await signOut({ cookie: `ory_kratos_session=abc; loopToken=${token}` })
    expect([answer.status, setCookie(answer)]).toEqual([200, CLEARED])
    expect((await read(token)).body.code).toBe('session_revoked')
    expect(ended).toEqual([])

    whoami = { kind: 'session', session: SESSION }
    const later = await exchange()
    expect(later.status).toBe(200)
    expect((await read(later.body.token)).status).toBe(200)
    expect((await read(token)).status).toBe(401)
  })
})

describe('a request that may not change anything', () => {
  it.each([
    ['HEAD', 'HEAD', {}],
    ['a call from another site', 'GET', { 'sec-fetch-site': 'cross-site' }],
  ])('%s answers 200 and leaves cookie, token and session alone', async (_, method, headers) => {
    const { token } = (await exchange()).body
    const answer = await signOut({ cookie: `ory_kratos_session=abc; loopToken=${token}`, ...headers }, method)
    expect([answer.status, answer.headers.getSetCookie(), ended]).toEqual([200, [], []])
    expect((await read(token)).status).toBe(200)
  })
})

describe('trouble of ours', () => {
  it('still answers 200 and clears the cookie when the database is away', async () => {
    const { token } = (await exchange()).body
    const away = await createTestEnv({})
    await away.close()
    const answer = await call(away, logout, LOGOUT, { headers: { cookie: `loopToken=${token}` } })
    expect([answer.status, setCookie(answer)]).toEqual([200, CLEARED])
  })
})

describe('a sign-out while the database is away', () => {
  it('still ends the session at Kratos', async () => {
    const gone: string[] = []
    const away = await createTestEnv({
      kratos: {
        whoami: async () => ({ kind: 'session', session: SESSION }),
        async endSession(sid) {
          gone.push(sid)
          return { kind: 'ended' }
        },
      },
    })
    await away.close()
    const answer = await call(away, logout, LOGOUT, { headers: { cookie: 'ory_kratos_session=abc' } })
    expect([answer.status, gone]).toEqual([200, [SESSION.id]])
    expect(away.log.lines.map(({ message }) => message)).toContain('sign-out not recorded')
  })
})

describe('a token whose session the database does not know', () => {
  it('is refused although its signature is good', async () => {
    const { env } = test
    const user = {
      identity: 'x',
      email: '',
      firstName: '',
      lastName: '',
      roles: [],
      groups: [],
      groupRoles: [],
    }
    const now = Math.floor(Date.now() / 1000)
    const token = await signLoopToken(
      {
        iss: 'authlance',
        sub: 'x',
        sid: 'unknown',
        jti: 'j',
        iat: now,
        exp: now + 900,
        gen: 0,
        user: { ...user, state: 'active', verified: true },
      },
      env.keys,
    )
    const answer = await read(token)
    expect([answer.status, answer.body.code]).toEqual([401, 'session_revoked'])
  })
})

describe('a sign-out whose caller does not wait', () => {
  it('is work that the host carries to its end', async () => {
    const { token } = (await exchange()).body
    const answer = Promise.withResolvers<WhoamiResult>()
    whoami = answer.promise
    const signedOut = signOut({ cookie: `ory_kratos_session=abc; loopToken=${token}` })
    await sleep(20)
    const carried = test.ctx.settle().then(() => [...ended])
    await sleep(20)
    answer.resolve({ kind: 'session', session: SESSION })
    expect(await carried).toEqual([SESSION.id])
    await signedOut
  })
})
