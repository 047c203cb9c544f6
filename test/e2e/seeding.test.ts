import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { freePort } from '../parts/free-port.ts'
import { type Kratos, startKratos } from '../parts/kratos.ts'
import { kratosAdmin, signInApi } from '../parts/kratos-admin.ts'
import { registerUser } from '../parts/kratos-user.ts'
import { type LocalServer, startLocalServer } from '../parts/local-server.ts'
import { createDatabase, type Database } from '../parts/mariadb.ts'

const SKIPPED = requirePart('mariadb') || requirePart('kratos')

let kratos: Kratos
let admin: ReturnType<typeof kratosAdmin>
let database: Database
let servers: LocalServer[] = []
let counter = 0

const address = (name: string) => `${name}-${counter++}@example.com`

async function start(config: Record<string, unknown>, at: Pick<Kratos, 'publicUrl' | 'adminUrl'> = kratos) {
  const server = await startLocalServer({
    database,
    kratos: { url: at.publicUrl, adminUrl: at.adminUrl },
    authlance: { autoCreateGroup: true },
    ...config,
  })
  servers.push(server)
  return server
}

async function stopAll(): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()))
  servers = []
}

/** Signs in at Kratos and exchanges. @returns the user of the token */
async function userOf(server: LocalServer, email: string) {
  const { sid, sessionToken } = await signInApi(kratos.publicUrl, email)
  const response = await fetch(`${server.url}/authlance/identity/me`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-token': sessionToken },
    body: JSON.stringify({ session: sid }),
  })
  const { token } = (await response.json()) as { token: string }
  return JSON.parse(atob(token.split('.')[1]!)).user
}

const withheldLines = (server: LocalServer, email: string) =>
  server.logLines().filter((line) => line.msg === 'configured user not granted' && line.email === email)

async function settled(server: LocalServer, email: string): Promise<'granted' | 'withheld'> {
  const isBound = async () =>
    (await server.env.db.selectFrom('seed_bindings').select('email').where('email', '=', email).execute())
      .length
  await expect.poll(async () => (await isBound()) || withheldLines(server, email).length).toBeTruthy()
  return withheldLines(server, email).length ? 'withheld' : 'granted'
}

describe.skipIf(SKIPPED)('users in the configuration', () => {
  beforeAll(async () => {
    kratos = await startKratos()
    admin = kratosAdmin(kratos.adminUrl)
  })
  afterAll(() => kratos.stop())
  beforeEach(async () => {
    database = await createDatabase(inject('mariadb')!)
  })
  afterEach(stopAll)

  it('are made at Kratos without credentials and hold what the configuration says', async () => {
    const [boss, worker] = [address('boss'), address('worker')]
    const server = await start({
      users: [
        { email: boss, admin: true, firstName: 'Grace', lastName: 'Hopper', groups: ['Head Office'] },
        { email: worker, groups: ['Head Office'] },
      ],
    })
    expect(await settled(server, boss)).toBe('granted')
    expect(await settled(server, worker)).toBe('granted')

    const [identity] = await admin.find(boss)
    expect(identity).toMatchObject({ traits: { email: boss, name: { first: 'Grace', last: 'Hopper' } } })
    await expect(signInApi(kratos.publicUrl, boss)).rejects.toThrow()
    await admin.setPassword(identity!.id)
    await admin.setPassword((await admin.find(worker))[0]!.id)

    const grace = await userOf(server, boss)
    expect(grace).toMatchObject({ identity: identity!.id, firstName: 'Grace', roles: ['sysadmin'] })
    expect(grace.groups).toEqual(['head-office'])
    const plain = await userOf(server, worker)
    expect(plain).toMatchObject({ roles: [], groups: ['head-office'] })
  })

  it('are made once by three servers that start together, and by each restart again', async () => {
    const email = address('once')
    const users = [{ email, admin: true, groups: ['team-once'] }]
    for (let round = 0; round < 2; round++) {
      await Promise.all([1, 2, 3].map(() => start({ users })))
      for (const server of servers) expect(await settled(server, email)).toBe('granted')
      const { db } = servers[0]!.env
      expect(await admin.find(email)).toHaveLength(1)
      expect(await db.selectFrom('users').select('email').execute()).toEqual([{ email }])
      expect(await db.selectFrom('user_roles').select('role').execute()).toEqual([{ role: 'sysadmin' }])
      expect(await db.selectFrom('groups').select('name').execute()).toEqual([{ name: 'team-once' }])
      expect(await db.selectFrom('memberships').select('group_id').execute()).toHaveLength(1)
      const events = await db.selectFrom('event_outbox').select('subject').execute()
      expect(events).toEqual([{ subject: 'group.created' }])
      await stopAll()
    }
  })

  it('get nothing while somebody else holds the address unverified, and do once it is verified', async () => {
    const email = address('claimed')
    const squatter = await registerUser(kratos.publicUrl, { first: 'Mallory' }, email)
    const users = [{ email, admin: true }]
    const server = await start({ users })
    expect(await settled(server, email)).toBe('withheld')
    expect(withheldLines(server, email)[0]!.why).toBe('the address is not verified')
    expect((await userOf(server, email)).roles).toEqual([])
    await stopAll()

    await admin.verifyAddress(squatter.identity)
    const restarted = await start({ users })
    expect(await settled(restarted, email)).toBe('granted')
    expect(await userOf(restarted, email)).toMatchObject({ identity: squatter.identity, roles: ['sysadmin'] })
  })

  it('keep the grant at their identity when the address moves to another', async () => {
    const email = address('moved')
    const users = [{ email, admin: true }]
    const server = await start({ users })
    await settled(server, email)
    const [owner] = await admin.find(email)
    await admin.setPassword(owner!.id)

    const elsewhere = address('elsewhere')
    await admin.changeEmail(owner!.id, elsewhere)
    const heir = await registerUser(kratos.publicUrl, { first: 'Heir' }, email)
    await admin.verifyAddress(heir.identity)
    expect((await userOf(server, email)).roles).toEqual([])
    await stopAll()

    const restarted = await start({ users })
    await expect
      .poll(() => restarted.env.db.selectFrom('seed_bindings').selectAll().execute())
      .toHaveLength(1)
    expect((await userOf(restarted, email)).roles).toEqual([])
    expect(await userOf(restarted, elsewhere)).toMatchObject({ identity: owner!.id, roles: ['sysadmin'] })
  })

  it('that lost their identity at Kratos are not granted through another with the address', async () => {
    const email = address('lost')
    const users = [{ email, admin: true }]
    const server = await start({ users })
    await settled(server, email)
    await admin.remove((await admin.find(email))[0]!.id)
    await stopAll()

    const heir = await registerUser(kratos.publicUrl, { first: 'Heir' }, email)
    await admin.verifyAddress(heir.identity)
    const restarted = await start({ users })
    expect((await userOf(restarted, email)).roles).toEqual([])
    const roles = await restarted.env.db
      .selectFrom('user_roles as r')
      .innerJoin('users as u', 'u.id', 'r.user_id')
      .select('u.identity')
      .execute()
    expect(roles.map(({ identity }) => identity)).not.toContain(heir.identity)
  })

  it('that we made for one address get nothing by taking another that is not theirs', async () => {
    const [worker, boss] = [address('ambitious'), address('boss')]
    const server = await start({ users: [{ email: worker }] })
    await settled(server, worker)
    const [identity] = await admin.find(worker)
    await admin.setPassword(identity!.id)
    await admin.changeEmail(identity!.id, boss)
    await stopAll()

    const restarted = await start({ users: [{ email: boss, admin: true }] })
    expect(await settled(restarted, boss)).toBe('withheld')
    expect((await userOf(restarted, boss)).roles).toEqual([])
  })

  it('come into being later when Kratos starts after us', async () => {
    const [publicPort, adminPort] = [await freePort(), await freePort()]
    const [publicUrl, adminUrl] = [`http://127.0.0.1:${publicPort}`, `http://127.0.0.1:${adminPort}`]
    const email = address('early')
    const server = await start({ users: [{ email, admin: true }] }, { publicUrl, adminUrl })
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)

    const late = await startKratos({ publicPort, adminPort })
    await expect.poll(() => kratosAdmin(adminUrl).find(email), { timeout: 15_000 }).toHaveLength(1)
    expect(await settled(server, email)).toBe('granted')
    await stopAll()
    await late.stop()
  })

  it('do not hold up a stop while Kratos is away', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`
    await start({ users: [{ email: address('never') }] }, { publicUrl: nowhere, adminUrl: nowhere })
    const startedAt = performance.now()
    await stopAll()
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})

describe.skipIf(SKIPPED)('an address that moves to another identity', () => {
  beforeAll(async () => {
    kratos = await startKratos()
    admin = kratosAdmin(kratos.adminUrl)
    database = await createDatabase(inject('mariadb')!)
  })
  afterAll(async () => {
    await stopAll()
    await kratos.stop()
  })

  it('does not hand over groups, roles or profile', async () => {
    const server = await start({})
    const email = address('shared')
    const first = await registerUser(kratos.publicUrl, { first: 'First', last: 'Owner' }, email)
    expect(await userOf(server, email)).toMatchObject({ identity: first.identity, groups: ['first-owner'] })
    await server.env.db.updateTable('users').set({ gender: 'female' }).execute()

    await admin.changeEmail(first.identity, address('left'))
    const second = await registerUser(kratos.publicUrl, { first: 'Second', last: 'Owner' }, email)
    const heir = await userOf(server, email)
    expect(heir).toMatchObject({ identity: second.identity, email, groups: ['second-owner'] })
    expect(heir.gender).toBeUndefined()
  })
})
