import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { traceOf } from '../../../lib/http/trace.ts'
import { admitSession } from '../../../lib/identity/admit-session.ts'
import { type SeededUser, seedUser } from '../../../lib/identity/seed-user.ts'
import type { KratosIdentity } from '../../../lib/ory/kratos-session.ts'
import { fakeSession } from '../../parts/fake-session.ts'
import { createTestEnv, type TestEnv } from '../../parts/test-env.ts'

const TRACE = traceOf(new Request('http://localhost/'))

let test: TestEnv
let identities: KratosIdentity[]

beforeEach(async () => {
  identities = []
  test = await createTestEnv({
    config: {
      authlance: { autoCreateGroup: true },
      users: [{ email: 'boss@example.com', groups: ['sysadmin'] }],
    },
    kratos: {
      findIdentityByEmail: async (email) => {
        const identity = identities.find(({ traits }) => traits.email === email)
        return { kind: 'identity', ...(identity && { identity }) }
      },
      findIdentityById: async (id) => {
        const identity = identities.find((candidate) => candidate.id === id)
        return { kind: 'identity', ...(identity && { identity }) }
      },
      createIdentity: async ({ email, metadataAdmin }) => {
        const identity = {
          ...fakeSession({ email, identity: crypto.randomUUID() }).identity,
          metadata_admin: metadataAdmin,
        }
        identities.push(identity)
        return { kind: 'identity', identity }
      },
    },
  })
})
afterEach(() => test.close())

const seed = (user: Partial<SeededUser> & { email: string }) =>
  seedUser(test.env, { admin: false, groups: [], ...user } as SeededUser, Date.now(), TRACE)
const signIn = (options: Parameters<typeof fakeSession>[0]) =>
  admitSession(test.env, fakeSession(options), Date.now(), TRACE)
const sysadmins = async () => {
  const rows = await test.env.db
    .selectFrom('user_roles as r')
    .innerJoin('users as u', 'u.id', 'r.user_id')
    .select('u.identity')
    .execute()
  return rows.map(({ identity }) => identity)
}

describe('a group of the configuration', () => {
  it('is not what a first sign-in names its own group', async () => {
    const { tenant } = await signIn({ sid: 's1', identity: 'mallory', first: 'Sysadmin', last: '' })
    expect(tenant.memberships[0]!.group.name).toBe('sysadmin-b')
    await seed({ email: 'boss@example.com', admin: true, groups: ['sysadmin'] })
    const members = await test.env.db.selectFrom('memberships').selectAll().execute()
    const group = await test.env.db
      .selectFrom('groups')
      .select('id')
      .where('name', '=', 'sysadmin')
      .executeTakeFirstOrThrow()
    expect(members.filter(({ group_id }) => group_id === group.id)).toHaveLength(1)
  })

  it('that somebody’s first sign-in has made already is not joined', async () => {
    await signIn({ sid: 's1', identity: 'stranger', first: 'Acme', last: 'Works' })
    const result = await seed({ email: 'boss@example.com', admin: true, groups: ['Acme Works'] })
    expect(result).toEqual({ kind: 'withheld', why: expect.stringContaining('own group') })
    const members = await test.env.db.selectFrom('memberships').selectAll().execute()
    expect(members).toHaveLength(1)
  })
})

describe('a grant', () => {
  it('does not follow an address from an identity that is bound to another one', async () => {
    await seed({ email: 'a@example.com' })
    const [first] = identities
    first!.traits.email = 'b@example.com'
    first!.verifiable_addresses = [{ value: 'b@example.com', verified: true, via: 'email' }]
    await seed({ email: 'b@example.com', admin: true })
    expect(await sysadmins()).toEqual([first!.id])

    first!.traits.email = 'elsewhere@example.com'
    const second = fakeSession({ identity: 'second', email: 'b@example.com', verified: true }).identity
    identities.push(second)
    await seed({ email: 'b@example.com', admin: true, groups: ['later'] })
    expect(await sysadmins()).toEqual([first!.id])
    expect(
      await test.env.db.selectFrom('seed_bindings').select(['email', 'identity']).orderBy('email').execute(),
    ).toEqual([
      { email: 'a@example.com', identity: first!.id },
      { email: 'b@example.com', identity: first!.id },
    ])
  })

  it('makes no second identity for one that changed its address', async () => {
    await seed({ email: 'boss@example.com', admin: true })
    identities[0]!.traits.email = 'new@example.com'
    expect(await seed({ email: 'boss@example.com', admin: true, groups: ['sysadmin'] })).toMatchObject({
      kind: 'granted',
    })
    expect(identities).toHaveLength(1)
  })
})

describe('the slug of a first group', () => {
  it('comes from the address where the name has no letters that a slug keeps', async () => {
    const { tenant } = await signIn({
      sid: 's1',
      identity: 'lilei',
      first: '雷',
      last: '李',
      email: 'lilei@example.com',
    })
    expect(tenant.memberships[0]!.group).toMatchObject({ name: 'lilei', long_name: '雷 李' })
  })
})
