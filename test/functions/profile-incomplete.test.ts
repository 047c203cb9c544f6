import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import profile from '../../functions/authlance/identity/api/v1/profile/me.ts'
import myGroups from '../../functions/authlance/identity/api/v1/profile/my-groups/[user].ts'
import logout from '../../functions/authlance/identity/me/logout.ts'
import me from '../../functions/authlance/identity/me.ts'
import { operation } from '../../lib/http/operation.ts'
import { route } from '../../lib/http/route.ts'
import { call } from '../parts/call.ts'
import { fakeSession, knows } from '../parts/fake-session.ts'
import { createTestEnv, type TestEnv } from '../parts/test-env.ts'

const SESSION = fakeSession()
const PROFILE = '/authlance/identity/api/v1/profile/me'

const change = operation({
  summary: 'Changes something',
  access: 'user',
  responses: { 200: z.object({ changed: z.boolean() }) },
  handle: () => ({ changed: true }),
})
const things = route('/things', {
  GET: operation({ ...change, handle: () => ({ changed: false }) }),
  POST: change,
  PUT: change,
  PATCH: change,
  DELETE: change,
})

let test: TestEnv
afterEach(() => test.close())

async function open(config: Record<string, unknown>): Promise<void> {
  test = await createTestEnv({ kratos: knows(SESSION), config })
}

async function exchange() {
  const headers = { 'x-session-token': 'ory_st_a' }
  const answer = await call(test, me, '/authlance/identity/me', { json: { session: SESSION.id }, headers })
  const claims = JSON.parse(atob(answer.body.token.split('.')[1]))
  return { ...answer, claims, headers: { authorization: `Bearer ${answer.body.token}` } }
}

describe('while mandatory profile fields are missing', () => {
  beforeEach(() => open({ requireGenderExtra: true, requireBirthDateExtra: true }))

  it('the exchange gives a token all the same, and names them in the answer and in the claims', async () => {
    const { status, body, claims } = await exchange()
    expect([status, body.missing, claims.missing]).toEqual([
      200,
      ['gender', 'birthDate'],
      ['gender', 'birthDate'],
    ])
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s on a changing route is 403 and names them',
    async (method) => {
      const { headers } = await exchange()
      const { status, body } = await call(test, things, '/things', { method, headers })
      expect([status, body.code, body.missing]).toEqual([403, 'profile_incomplete', ['gender', 'birthDate']])
    },
  )

  it('reading, the profile, a renewal and the sign-out go on', async () => {
    const { headers } = await exchange()
    expect((await call(test, things, '/things', { headers })).status).toBe(200)
    expect((await call(test, things, '/things', { method: 'HEAD', headers })).status).toBe(200)
    const groups = '/authlance/identity/api/v1/profile/my-groups/me'
    expect((await call(test, myGroups, groups, { headers })).status).toBe(200)
    expect((await call(test, profile, PROFILE, { json: { lastName: '' }, headers })).status).toBe(200)
    expect((await exchange()).status).toBe(200)
    expect((await call(test, logout, '/authlance/identity/me/logout', { headers })).status).toBe(200)
  })

  it('the profile completes it, field by field, and the same token may then change things', async () => {
    const { headers } = await exchange()
    await call(test, profile, PROFILE, { json: { gender: 'other' }, headers })
    const half = await call(test, things, '/things', { method: 'POST', headers })
    expect([half.status, half.body.missing]).toEqual([403, ['birthDate']])

    await call(test, profile, PROFILE, { json: { birthDate: '1990-02-28T00:00:00.000Z' }, headers })
    expect((await call(test, things, '/things', { method: 'POST', headers })).status).toBe(200)
    const { body, claims } = await exchange()
    expect([body.missing, claims.missing]).toEqual([undefined, undefined])
    expect(claims.user).toMatchObject({ gender: 'other', birthDate: '1990-02-28T00:00:00.000Z' })
  })

  it('clearing a field makes it missing again', async () => {
    const { headers } = await exchange()
    await call(test, profile, PROFILE, { json: { gender: 'other', birthDate: '1990-02-28' }, headers })
    await call(test, profile, PROFILE, { json: { gender: null }, headers })
    const { body } = await call(test, things, '/things', { method: 'POST', headers })
    expect([body.code, body.missing]).toEqual(['profile_incomplete', ['gender']])
  })

  it('sysadmins may change things', async () => {
    const { headers } = await exchange()
    const { id } = await test.env.db.selectFrom('users').select('id').executeTakeFirstOrThrow()
    await test.env.db.insertInto('user_roles').values({ user_id: id, role: 'sysadmin' }).execute()
    expect((await call(test, things, '/things', { method: 'POST', headers })).status).toBe(200)
  })

  it('a caller without a session is told that first', async () => {
    const { status, body } = await call(test, things, '/things', { method: 'POST' })
    expect([status, body.code]).toEqual([401, 'unauthenticated'])
  })
})

describe('a field that is not mandatory', () => {
  it.each([
    [{ requireGenderExtra: true }, ['gender']],
    [{ requireBirthDateExtra: true }, ['birthDate']],
    [{}, undefined],
  ])('is not missing with %j', async (config, missing) => {
    await open(config)
    const { body, headers } = await exchange()
    expect(body.missing).toEqual(missing)
    const { status } = await call(test, things, '/things', { method: 'POST', headers })
    expect(status).toBe(missing ? 403 : 200)
  })
})
