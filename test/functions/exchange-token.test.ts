import { describe, expect, it } from 'vitest'
import myGroups from '../../functions/authlance/identity/api/v1/profile/my-groups/[user].ts'
import me from '../../functions/authlance/identity/me.ts'
import type { Kratos } from '../../lib/ory/kratos.ts'
import { call, setCookie } from '../parts/call.ts'
import { BODY, COOKIE, open, PATH, SESSION } from '../parts/exchange-session.ts'
import { fakeSession, knows } from '../parts/fake-session.ts'
import { insertGroups } from '../parts/insert-groups.ts'

const GROUPS = '/authlance/identity/api/v1/profile/my-groups/me'

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
      const [group] = await insertGroups(test.env.db, [name])
      await test.env.db
        .insertInto('memberships')
        .values({ group_id: group!, user_id: id, created_at: 1 })
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
