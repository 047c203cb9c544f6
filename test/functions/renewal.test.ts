import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import myGroups from '../../functions/authlance/identity/api/v1/profile/my-groups/[user].ts'
import me from '../../functions/authlance/identity/me.ts'
import type { WhoamiResult } from '../../lib/ory/kratos.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { call, ORIGIN, setCookie } from '../parts/call.ts'
import { fakeSession } from '../parts/fake-session.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { createTestEnv, type TestEnv } from '../parts/test-env.ts'

const NOW = Date.UTC(2026, 0, 1)
const SESSION = fakeSession({ expiresAt: NOW + 86_400_000 })
const INACTIVE = fakeSession({ state: 'inactive', expiresAt: NOW + 86_400_000 })
const GROUPS = '/authlance/identity/api/v1/profile/my-groups/me'

let test: TestEnv
let whoami: WhoamiResult
let asked: number

const stub = {
  whoami: async () => {
    asked++
    return whoami
  },
}

beforeEach(async () => {
  whoami = { kind: 'session', session: SESSION }
  asked = 0
  test = await createTestEnv({ now: NOW, kratos: stub })
})
afterEach(() => test.close())

const exchange = (on: TestEnv = test) =>
  call(on, me, '/authlance/identity/me', {
    json: { session: SESSION.id },
    headers: { cookie: 'ory_kratos_session=abc', origin: ORIGIN },
  })
const read = (cookie: string, on: TestEnv = test) => call(on, myGroups, GROUPS, { headers: { cookie } })

describe('a renewal', () => {
  it('is read-only: one whoami and one query', async () => {
    await exchange()
    const statements: string[] = []
    const file = `${tempDir('renewal')}/db.sqlite`
    const counted = await createTestEnv({ now: NOW, kratos: stub, config: { database: { file } } })
    await exchange(counted)
    const { db, close } = openDatabase(counted.config, { onQuery: ({ query }) => statements.push(query.sql) })
    counted.env.db = db
    asked = 0
    expect((await exchange(counted)).status).toBe(200)
    expect([asked, statements.length]).toEqual([1, 1])
    expect(statements[0]).toMatch(/^select/)
    expect(counted.wakes()).toBe(1)
    await close()
    await counted.close()
  })

  it.each([`${'x'.repeat(254)}🦊`, '🦊'.repeat(300), 'lone \ud83e surrogate', '  spaced  ', 'é'.repeat(255)])(
    'stays read-only for the name %j',
    async (first) => {
      whoami = { kind: 'session', session: fakeSession({ expiresAt: NOW + 86_400_000, first }) }
      await exchange()
      expect((await exchange()).status).toBe(200)
      expect(test.wakes()).toBe(1)
    },
  )

  it('writes traits that changed at Kratos then and there, and tells no second sign-in', async () => {
    await exchange()
    whoami = {
      kind: 'session',
      session: fakeSession({ expiresAt: NOW + 86_400_000, first: 'Augusta', verified: true }),
    }
    const { token } = (await exchange()).body
    expect(JSON.parse(atob(token.split('.')[1])).user).toMatchObject({ firstName: 'Augusta', verified: true })
    const user = await test.env.db.selectFrom('users').selectAll().executeTakeFirstOrThrow()
    expect(user).toMatchObject({ first_name: 'Augusta', verified: 1 })
    const events = await test.env.db.selectFrom('event_outbox').select('subject').orderBy('seq').execute()
    expect(events.map(({ subject }) => subject)).toEqual(['user.created', 'user.authenticated'])
  })
})

describe('sliding renewal on a signed-in call by cookie', () => {
  const LATE = 610_000

  it('renews under a third of the life, with the Kratos cookie', async () => {
    const { token } = (await exchange()).body
    test.clock.advance(LATE)
    const answer = await read(`loopToken=${token}; ory_kratos_session=abc`)
    expect(answer.status).toBe(200)
    expect(setCookie(answer)).toMatch(/^loopToken=[\w-]+\.[\w-]+\.[\w-]+; Max-Age=900;/)
  })

  it('does not before that, by header, or without the Kratos cookie', async () => {
    const { token } = (await exchange()).body
    asked = 0
    expect(setCookie(await read(`loopToken=${token}; ory_kratos_session=abc`))).toBeUndefined()
    test.clock.advance(LATE)
    expect(setCookie(await read(`loopToken=${token}`))).toBeUndefined()
    const headers = { authorization: `Bearer ${token}`, cookie: 'ory_kratos_session=abc' }
    expect(setCookie(await call(test, myGroups, GROUPS, { headers }))).toBeUndefined()
    expect(asked).toBe(0)
  })

  it.each<[string, WhoamiResult]>([
    ['is in trouble', { kind: 'unavailable', reason: 'connection' }],
    ['says 401', { kind: 'unauthenticated' }],
    ['knows another session', { kind: 'session', session: fakeSession({ sid: 'another' }) }],
    ['says that it is not active', { kind: 'session', session: fakeSession({ active: false }) }],
    ['says that it has expired', { kind: 'session', session: fakeSession({ expiresAt: NOW }) }],
    ['says that the identity is inactive', { kind: 'session', session: { ...INACTIVE } }],
  ])('changes nothing when Kratos %s', async (_, answer) => {
    const { token } = (await exchange()).body
    test.clock.advance(LATE)
    whoami = answer
    const result = await read(`loopToken=${token}; ory_kratos_session=abc`)
    expect([result.status, setCookie(result)]).toEqual([200, undefined])
  })

  it('does not make a call as slow as Kratos is', async () => {
    const { token } = (await exchange()).body
    test.clock.advance(LATE)
    const slow = { ...test.env.kratos, whoami: () => new Promise<never>(() => {}) }
    const answer = await Promise.race([
      call({ ...test, env: { ...test.env, kratos: slow } }, myGroups, GROUPS, {
        headers: { cookie: `loopToken=${token}; ory_kratos_session=abc` },
      }),
      new Promise<undefined>((resolve) => setTimeout(resolve, 1500)),
    ])
    expect([answer?.status, answer && setCookie(answer)]).toEqual([200, undefined])
  })

  it('can be turned off', async () => {
    const off = await createTestEnv({ now: NOW, kratos: stub, config: { renewOnUse: false } })
    const { token } = (await exchange(off)).body
    off.clock.advance(LATE)
    expect(setCookie(await read(`loopToken=${token}; ory_kratos_session=abc`, off))).toBeUndefined()
    await off.close()
  })
})

describe('credentials', () => {
  it('a bad header never falls back to a good cookie', async () => {
    const { token } = (await exchange()).body
    for (const authorization of ['Bearer x.y.z', 'Bearer', '', 'Basic YTpi', `Token ${token}`]) {
      const headers = { authorization, cookie: `loopToken=${token}` }
      expect((await call(test, myGroups, GROUPS, { headers })).status).toBe(401)
    }
  })

  it('two different loopToken cookies are refused, the same one twice is not', async () => {
    const { token } = (await exchange()).body
    const other = (await exchange()).body.token
    const refused = await read(`loopToken=${token}; loopToken=${other}`)
    expect([refused.status, refused.body.code]).toEqual([401, 'token_invalid'])
    expect((await read(`loopToken=${token}; loopToken=${token}`)).status).toBe(200)
  })
})
