import { describe, expect, it } from 'vitest'
import me from '../../functions/authlance/identity/me.ts'
import tokenHook from '../../functions/authlance/identity/token_hook.ts'
import type { KratosIdentity } from '../../lib/ory/kratos-session.ts'
import { call } from '../parts/call.ts'
import { BODY, COOKIE, PATH as EXCHANGE, open } from '../parts/exchange-session.ts'
import { type FakeSession, fakeSession, knows } from '../parts/fake-session.ts'
import { createTestEnv, type TestEnv } from '../parts/test-env.ts'

const PATH = '/authlance/identity/token_hook'
const TOKENS = ['the-hydra-login-token', 'the-token-before-the-rotation']
const CONFIG = { hydra: { hydraLoginToken: TOKENS }, authlance: { autoCreateGroup: true } }
const ADA = fakeSession({ verified: true })
const SUBJECT = ADA.identity.id
const ALL = ['openid', 'offline_access', 'email', 'profile', 'groups', 'roles']

interface Asked {
  subject?: string
  scopes?: string[]
  grant?: string
  idTokenExtra?: Record<string, unknown> | null
  accessTokenExtra?: Record<string, unknown> | null
  bearer?: string
}

/** As Hydra 2.3 sends it. */
function hookRequest({ subject = SUBJECT, scopes = ALL, grant = 'authorization_code', ...extra }: Asked) {
  return {
    session: {
      id_token: {
        id_token_claims: {
          jti: '',
          iss: 'http://hydra',
          sub: subject,
          aud: ['app'],
          ext: extra.idTokenExtra,
        },
        headers: { extra: {} },
        username: '',
        subject,
      },
      extra: extra.accessTokenExtra ?? {},
      client_id: 'app',
      allowed_top_level_claims: [],
    },
    request: {
      client_id: 'app',
      requested_scopes: scopes,
      granted_scopes: scopes,
      granted_audience: [],
      grant_types: [grant],
      payload: {},
    },
  }
}

const ask = (test: TestEnv, { bearer = TOKENS[0]!, ...asked }: Asked = {}) =>
  call(test, tokenHook, PATH, {
    json: hookRequest(asked),
    headers: { authorization: `Bearer ${bearer}` },
  })

/** Services where a person has exchanged a session. */
async function openKnown(session = ADA) {
  const test = await open({ config: CONFIG, kratos: knows(session) })
  await call(test, me, EXCHANGE, { json: BODY, headers: COOKIE })
  return test
}

/** Services that know nobody, before a Kratos that answers so. */
const openNew = (identity: KratosIdentity | undefined | 'away') =>
  open({
    config: CONFIG,
    kratos: {
      findIdentityById: async () =>
        identity === 'away'
          ? { kind: 'unavailable', reason: 'connection' }
          : { kind: 'identity', ...(identity && { identity }) },
    },
  })

describe('claims by granted scope', () => {
  it('all of ours stand in both tokens', async () => {
    const test = await openKnown()
    await test.env.db.updateTable('users').set({ avatar: 'https://cdn.example.com/a.png' }).execute()
    await test.env.db.insertInto('user_roles').values({ user_id: 1, role: 'sysadmin' }).execute()
    const claims = {
      email: 'ada@example.com',
      email_verified: true,
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      picture: 'https://cdn.example.com/a.png',
      groups: ['ada-lovelace'],
      roles: ['sysadmin', 'ada-lovelace:group-admin'],
    }
    const answer = await ask(test)
    expect([answer.status, answer.body]).toEqual([
      200,
      { session: { access_token: claims, id_token: claims } },
    ])
  })

  it.each([
    ['email', { email: 'ada@example.com', email_verified: true }],
    ['profile', { name: 'Ada Lovelace', given_name: 'Ada', family_name: 'Lovelace' }],
    ['groups', { groups: ['ada-lovelace'] }],
    ['roles', { roles: [] }],
    ['openid', {}],
    ['constructor', {}],
  ])('%s alone gives no more', async (scope, claims) => {
    const test = await openKnown()
    expect((await ask(test, { scopes: [scope] })).body.session.id_token).toEqual(claims)
  })

  it('what is not known is left out, and no name is made of the address', async () => {
    const test = await openKnown(fakeSession({ verified: true, first: '', last: 'Hopper' }))
    expect((await ask(test, { scopes: ['profile'] })).body.session.id_token).toEqual({
      name: 'Hopper',
      family_name: 'Hopper',
    })
    await test.env.db.updateTable('users').set({ last_name: '' }).execute()
    expect((await ask(test, { scopes: ['profile'] })).body.session.id_token).toEqual({})
  })

  it('a refresh shows what the database has now, and what others have set stays', async () => {
    const test = await openKnown()
    const before = {
      idTokenExtra: { sid: 'hydra-session', roles: ['ada-lovelace:group-admin'], email: 'old@example.com' },
      accessTokenExtra: { tenant: 'x', groups: ['gone'], roles: ['ada-lovelace:group-admin'] },
    }
    await test.env.db.deleteFrom('membership_roles').execute()
    const asked = { ...before, scopes: ['groups', 'roles'], grant: 'refresh_token' }
    expect((await ask(test, asked)).body.session).toEqual({
      id_token: { sid: 'hydra-session', groups: ['ada-lovelace'], roles: [] },
      access_token: { tenant: 'x', groups: ['ada-lovelace'], roles: [] },
    })

    const narrowed = { ...before, scopes: ['openid'], grant: 'refresh_token' }
    expect((await ask(test, narrowed)).body.session).toEqual({
      id_token: { sid: 'hydra-session' },
      access_token: { tenant: 'x' },
    })
  })
})

describe('who gets a token', () => {
  it('a client by its own credentials, with nothing of a user, whatever it is called', async () => {
    const test = await openKnown()
    await test.env.db.updateTable('users').set({ state: 'inactive' }).execute()
    const answer = await ask(test, { grant: 'client_credentials' })
    expect([answer.status, answer.body]).toEqual([204, ''])
  })

  it.each([true, false])('nobody who is banned (address verified: %s)', async (verified) => {
    const test = await openKnown(fakeSession({ verified }))
    await test.env.db.updateTable('users').set({ state: 'inactive' }).execute()
    const answer = await ask(test)
    expect([answer.status, answer.body.code]).toEqual([403, 'user_banned'])
  })

  it('somebody whose first sign-in this is: the tenant is made as by an exchange', async () => {
    const test = await openNew(ADA.identity)
    expect((await ask(test)).body.session.id_token).toMatchObject({
      email: 'ada@example.com',
      email_verified: true,
      groups: ['ada-lovelace'],
      roles: ['ada-lovelace:group-admin'],
    })
    expect(test.wakes()).toBe(1)
    const events = await test.env.db.selectFrom('event_outbox').select('subject').orderBy('seq').execute()
    expect(events.map(({ subject }) => subject)).toEqual(['user.created', 'group.created'])
  })

  it.each([
    ['that Kratos does not know', undefined, 'forbidden'],
    ['that is inactive at Kratos', { ...ADA.identity, state: 'inactive' }, 'user_banned'],
  ])('no identity %s', async (_, identity, code) => {
    const test = await openNew(identity)
    const answer = await ask(test)
    expect([answer.status, answer.body.code]).toEqual([403, code])
    expect(await test.env.db.selectFrom('users').selectAll().execute()).toEqual([])
  })

  it.each(['', '..', 'a-client', `${SUBJECT}/../x`])(
    'no subject that is no identity: %j',
    async (subject) => {
      const test = await openNew(ADA.identity)
      const answer = await ask(test, { subject })
      expect([answer.status, answer.body.code]).toEqual([403, 'forbidden'])
    },
  )
})

describe('an address that was not verified when we last heard of it', () => {
  const openUnverified = async (kratosNow: FakeSession | 'away' | 'gone') => {
    const test = await openKnown(fakeSession({ verified: false }))
    test.env.kratos.findIdentityById = async () => {
      if (kratosNow === 'away') return { kind: 'unavailable', reason: 'timeout' }
      return kratosNow === 'gone'
        ? { kind: 'identity' }
        : { kind: 'identity', identity: fakeSession(kratosNow).identity }
    }
    return test
  }

  it('is asked for at Kratos, so that who has verified it since needs no exchange', async () => {
    const test = await openUnverified({ verified: true })
    expect((await ask(test)).body.session.id_token).toMatchObject({ email_verified: true })
    expect(await test.env.db.selectFrom('users').select('verified').execute()).toEqual([{ verified: 1 }])
  })

  it.each([
    ['has not been verified since', { verified: false }],
    ['cannot be asked for', 'away'],
  ] as const)('is told as not verified when it %s', async (_, kratosNow) => {
    const test = await openUnverified(kratosNow)
    expect((await ask(test)).body.session.id_token).toMatchObject({ email_verified: false })
  })

  it('of an identity that is gone gets no token', async () => {
    expect((await ask(await openUnverified('gone'))).status).toBe(403)
  })
})

describe('trouble issues no token', () => {
  it('the database away is 503', async () => {
    const test = await createTestEnv({ config: CONFIG })
    await test.close()
    const answer = await ask(test)
    expect([answer.status, answer.body.code]).toEqual([503, 'database_unavailable'])
  })

  it('Kratos away is 503 for somebody whom it alone knows', async () => {
    const answer = await ask(await openNew('away'))
    expect([answer.status, answer.body.code]).toEqual([503, 'upstream_unavailable'])
  })

  it.each([
    {},
    { session: null, request: {} },
    { session: { id_token: {} }, request: {} },
    { ...hookRequest({}), request: { granted_scopes: 'email' } },
  ])('a request that is none of Hydra’s is 400 (%#)', async (json) => {
    const test = await openKnown()
    const headers = { authorization: `Bearer ${TOKENS[0]}` }
    expect((await call(test, tokenHook, PATH, { json, headers })).status).toBe(400)
  })
})

describe('the bearer tokens of the hook', () => {
  it('each of the list is taken, so that one can follow the other', async () => {
    const test = await openKnown()
    for (const bearer of TOKENS) expect((await ask(test, { bearer })).status).toBe(200)
  })

  it('another is 401, before anything is read', async () => {
    const test = await openNew(ADA.identity)
    for (const bearer of ['', 'another', `${TOKENS[0]}x`, TOKENS.join(',')]) {
      const answer = await ask(test, { bearer })
      expect([answer.status, answer.body.code]).toEqual([401, 'credentials_invalid'])
    }
    expect(await test.env.db.selectFrom('users').selectAll().execute()).toEqual([])
  })

  it('without one configured nobody is admitted', async () => {
    const test = await open({ config: {} })
    for (const bearer of ['', 'undefined']) expect((await ask(test, { bearer })).status).toBe(401)
  })
})
