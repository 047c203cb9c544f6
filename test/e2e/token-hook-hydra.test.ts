import { randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { fakeSession } from '../parts/fake-session.ts'
import { freePort } from '../parts/free-port.ts'
import { type Hydra, startHydra } from '../parts/hydra.ts'
import { type LocalServer, startLocalServer } from '../parts/local-server.ts'
import { type MariaDb, startMariaDb } from '../parts/mariadb.ts'
import {
  clientCredentialsToken,
  createOidcClient,
  introspect,
  type OidcClient,
  type TokenAnswer,
} from '../parts/oidc-client.ts'
import { json, type StubUpstream, startStubUpstream } from '../parts/stub-upstream.ts'

const SCOPES = ['openid', 'offline_access', 'email', 'profile', 'groups', 'roles']

let mariadb: MariaDb
let kratos: StubUpstream
let hydra: Hydra
let server: LocalServer
let app: OidcClient

/** Identities that Kratos has. */
const people = new Set<string>()

function newPerson(): string {
  const identity = randomUUID()
  people.add(identity)
  return identity
}

const userOf = (identity: string) => server.env.db.updateTable('users').where('identity', '=', identity)

describe.skipIf(requirePart('hydra') || requirePart('mariadb'))('tokens of real Hydra', () => {
  beforeAll(async () => {
    const port = await freePort()
    ;[mariadb, kratos, hydra] = await Promise.all([
      startMariaDb(),
      startStubUpstream(),
      startHydra({
        accessTokenStrategy: 'jwt',
        tokenHook: { url: `http://127.0.0.1:${port}/authlance/identity/token_hook`, bearer: 'the-old-token' },
      }),
    ])
    kratos.respond(({ target }, response) => {
      const id = target.split('/').at(-1)!
      const email = `${id}@example.com`
      const { identity } = fakeSession({ identity: id, email, verified: true })
      return people.has(id) ? json(response, 200, identity) : json(response, 404, {})
    })
    server = await startLocalServer({
      database: { ...(await mariadb.createDatabase()), timeoutMs: 1000 },
      kratos: { url: kratos.url, adminUrl: kratos.url },
      mailAuth: { host: '127.0.0.1', port },
      hydra: { adminUrl: hydra.adminUrl, hydraLoginToken: ['the-new-token', 'the-old-token'] },
      authlance: { autoCreateGroup: true },
      log: { level: 'warn' },
    })
    app = await createOidcClient(hydra, SCOPES)
  }, 120_000)
  afterAll(() => Promise.all([server?.stop(), hydra?.stop(), kratos?.close(), mariadb?.stop()]))

  it('carry the claims of the granted scopes, in the code flow with PKCE', async () => {
    const ada = newPerson()
    const claims = {
      email: `${ada}@example.com`,
      email_verified: true,
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      groups: ['ada-lovelace'],
      roles: ['ada-lovelace:group-admin'],
    }
    const token = await app.signIn(ada, SCOPES)
    expect(token).toMatchObject({ status: 200, idToken: { sub: ada, ...claims } })
    // Without it Hydra's logout refuses the id token.
    expect(token.idToken.sid).toEqual(expect.any(String))
    expect(decodeJwt(token.accessToken).ext).toEqual(claims)
    expect(await introspect(hydra, token.accessToken)).toMatchObject({ active: true, ext: claims })

    const { email, email_verified } = claims
    const narrow = await app.signIn(ada, ['openid', 'email'])
    expect(decodeJwt(narrow.accessToken).ext).toEqual({ email, email_verified })
    for (const name of ['name', 'given_name', 'family_name', 'groups', 'roles']) {
      expect(narrow.idToken).not.toHaveProperty(name)
    }
  })

  it('carry no claim of a scope that was asked for and not granted', async () => {
    const jean = newPerson()
    const token = await app.signIn(jean, SCOPES, { grant: ['openid', 'offline_access', 'groups'] })
    const claims = { groups: [expect.any(String)] }
    expect(decodeJwt(token.accessToken).ext).toEqual(claims)
    expect(token.idToken).not.toHaveProperty('email')
    const refreshed = await app.refresh(token.refreshToken)
    expect(decodeJwt(refreshed.accessToken).ext).toEqual(claims)
    expect(refreshed.idToken).not.toHaveProperty('email')
  })

  it('carry the claims of a consent that Hydra remembers and does not ask for again', async () => {
    const rosa = newPerson()
    await app.signIn(rosa, ['openid', 'email', 'roles'], { remember: true })
    const token = await app.signIn(rosa, ['openid', 'email'])
    expect(decodeJwt(token.accessToken).ext).toEqual({ email: `${rosa}@example.com`, email_verified: true })
    expect((await app.signIn(rosa, ['openid', 'roles'])).idToken).toMatchObject({ roles: [] })
  })

  it('show at a refresh what has changed: a role that was removed is gone', async () => {
    const grace = newPerson()
    let token = await app.signIn(grace, SCOPES)
    const { id } = await server.env.db
      .selectFrom('users')
      .select('id')
      .where('identity', '=', grace)
      .executeTakeFirstOrThrow()
    const [group] = token.idToken.groups as string[]
    await server.env.db.insertInto('user_roles').values({ user_id: id, role: 'admin' }).execute()

    token = await expectRoles(await app.refresh(token.refreshToken), ['admin', `${group}:group-admin`])
    await server.env.db.deleteFrom('user_roles').where('user_id', '=', id).execute()
    token = await expectRoles(await app.refresh(token.refreshToken), [`${group}:group-admin`])
    await server.env.db.deleteFrom('membership_roles').where('user_id', '=', id).execute()
    token = await expectRoles(await app.refresh(token.refreshToken), [])
    expect(token.idToken).toMatchObject({ groups: [group], sid: expect.any(String) })
  })

  it('are denied to a banned user, at a refresh and at a sign-in', async () => {
    const eve = newPerson()
    const token = await app.signIn(eve, SCOPES)
    await userOf(eve).set({ state: 'inactive' }).execute()
    const denied = { status: 403, error: 'access_denied', accessToken: '', idToken: {} }
    expect(await app.refresh(token.refreshToken)).toMatchObject(denied)
    expect(await app.signIn(eve, SCOPES)).toMatchObject(denied)
  })

  it('are denied to a subject that Kratos does not know', async () => {
    expect(await app.signIn(randomUUID(), SCOPES)).toMatchObject({ status: 403, error: 'access_denied' })
    expect(await app.signIn('somebody', SCOPES)).toMatchObject({ status: 403, error: 'access_denied' })
  })

  it('of a client itself are issued without claims', async () => {
    const token = await clientCredentialsToken(hydra)
    expect(token.status).toBe(200)
    expect(decodeJwt(token.accessToken).ext).toEqual({})
  })

  it('are not issued while the database is away, and are again when it is back', async () => {
    const joan = newPerson()
    const token = await app.signIn(joan, SCOPES)
    await mariadb.stop()
    const failed = await app.refresh(token.refreshToken)
    expect(failed).toMatchObject({ status: 500, error: 'server_error', accessToken: '', idToken: {} })

    await mariadb.restart()
    await expect
      .poll(() => app.refresh(token.refreshToken), { timeout: 20_000 })
      .toMatchObject({ status: 200, idToken: { sub: joan } })
  }, 90_000)
})

/** Both tokens show the roles. */
async function expectRoles(token: TokenAnswer, roles: string[]): Promise<TokenAnswer> {
  expect(token).toMatchObject({ status: 200, idToken: { roles } })
  expect(decodeJwt(token.accessToken)).toMatchObject({ ext: { roles } })
  return token
}
