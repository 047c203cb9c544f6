import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parseConfig } from '../../lib/config.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { requirePart } from '../parts/available.ts'
import { fakeSession } from '../parts/fake-session.ts'
import { freePort } from '../parts/free-port.ts'
import { type Gateway, JWT_KEY, startGateway } from '../parts/gateway.ts'
import { startKratos } from '../parts/kratos.ts'
import { registerUser } from '../parts/kratos-user.ts'
import { createDatabase, type Database, type MariaDb, startMariaDb } from '../parts/mariadb.ts'
import { json } from '../parts/stub-upstream.ts'
import { startWhoamiStub, type WhoamiStub } from '../parts/whoami-stub.ts'

const HOOK = { user: 'mail', password: 'mail-password' }
const TENANT = ['user.created', 'group.created', 'subscription.created']

let mariadb: MariaDb
let kratos: WhoamiStub

function configuration(database: object, kratosUrls = { url: kratos.url, adminUrl: kratos.url }) {
  return {
    database,
    kratos: kratosUrls,
    authlance: { autoCreateGroup: true },
    paymentTier: { tierName: 'Standard', price: 9, billingCycle: 'month', lookupKey: 'standard' },
    log: { level: 'warn' },
  }
}

interface Person {
  id: string
  email: string
  name: { first: string; last: string }
}

const person = (index: number): Person => ({
  id: randomUUID(),
  email: `user-${index}@example.com`,
  name: { first: 'Same', last: 'Name' },
})

async function hook({ internalUrl }: Gateway, body: Person) {
  const startedAt = performance.now()
  const response = await fetch(`${internalUrl}/authlance/identity/email/register`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${btoa(`${HOOK.user}:${HOOK.password}`)}`,
    },
    body: JSON.stringify(body),
  })
  await response.body?.cancel()
  return { status: response.status, afterMs: performance.now() - startedAt }
}

async function exchange({ url }: Gateway, sid: string, sessionToken: string): Promise<number> {
  const response = await fetch(`${url}/authlance/identity/me`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-token': sessionToken },
    body: JSON.stringify({ session: sid }),
  })
  await response.body?.cancel()
  return response.status
}

async function made(database: Database) {
  const { config } = parseConfig({ ...configuration(database), jwtKey: JWT_KEY }, { env: {} })
  const { db, close } = openDatabase(config)
  const count = async (table: 'users' | 'groups' | 'memberships' | 'subscriptions') =>
    (await db.selectFrom(table).selectAll().execute()).length
  const events = await db.selectFrom('event_outbox').select('subject').execute()
  const rows = {
    users: await count('users'),
    groups: await count('groups'),
    memberships: await count('memberships'),
    subscriptions: await count('subscriptions'),
    events: events.map(({ subject }) => subject).sort(),
  }
  await close()
  return rows
}

/** What the first sign-ins of so many people make. */
const tenants = (number: number, sessions: number) => ({
  users: number,
  groups: number,
  memberships: number,
  subscriptions: number,
  events: [
    ...Array.from({ length: number }, () => TENANT).flat(),
    ...Array.from({ length: sessions }, () => 'user.authenticated'),
  ].sort(),
})

describe.skipIf(requirePart('mariadb'))('the registration hook on MariaDB', () => {
  beforeAll(async () => {
    ;[mariadb, kratos] = await Promise.all([startMariaDb(), startWhoamiStub()])
    kratos.respondWhoami(({ headers }, response) => {
      const { id, email, name } = JSON.parse(atob(String(headers['x-session-token']))) as Person
      json(response, 200, fakeSession({ sid: `sid-${id}`, identity: id, email, ...name }))
    })
  })
  afterAll(async () => {
    await Promise.all([mariadb.stop(), kratos.close()])
  })

  const signIn = (server: Gateway, who: Person) =>
    exchange(server, `sid-${who.id}`, btoa(JSON.stringify(who)))

  it('makes each tenant once under 100 parallel hooks and exchanges over two processes', async () => {
    const database = await mariadb.createDatabase()
    const servers = await Promise.all([1, 2].map(() => startGateway(configuration(database))))
    const people = Array.from({ length: 5 }, (_, index) => person(index))

    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const server = servers[index % 2]!
        const who = people[index % 5]!
        return index % 4 < 2 ? (await hook(server, who)).status : await signIn(server, who)
      }),
    )
    expect(answers.filter((status) => status !== 200 && status !== 202)).toEqual([])
    for (const server of servers) expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(await made(database)).toEqual(tenants(5, 5))
  })

  it('answers at once while the database hangs, and the first exchange does the work', async () => {
    const database = { ...(await mariadb.createDatabase()), timeoutMs: 2000 }
    const server = await startGateway(configuration(database))
    const [warm, late] = [person(1), person(2)]
    await hook(server, warm)
    await expect.poll(() => made(database)).toEqual(tenants(1, 0))

    process.kill(mariadb.pid, 'SIGSTOP')
    // Its threads stop one after the other.
    await sleep(100)
    const answers = await Promise.all(Array.from({ length: 20 }, () => hook(server, late)))
    await expect.poll(() => server.output(), { timeout: 10_000 }).toContain('not provisioned')
    process.kill(mariadb.pid, 'SIGCONT')
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    for (const { afterMs } of answers) expect(afterMs).toBeLessThan(1000)

    await expect.poll(() => signIn(server, late), { timeout: 10_000 }).toBe(200)
    await server.stop()
    expect(await made(database)).toEqual(tenants(2, 1))
  })

  it('loses nothing that it has begun when the server stops', async () => {
    const database = await mariadb.createDatabase()
    const server = await startGateway(configuration(database))
    await Promise.all(Array.from({ length: 60 }, (_, index) => hook(server, person(index))))
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(await made(database)).toEqual(tenants(60, 0))
  })
})

describe.skipIf(requirePart('mariadb') || requirePart('kratos'))('a registration at real Kratos', () => {
  it('has made the tenant before anybody exchanges the session', async () => {
    const internalPort = await freePort()
    const registrationHookUrl = `http://127.0.0.1:${internalPort}/authlance/identity/email/register`
    const [real, database] = await Promise.all([
      startKratos({ registrationHookUrl, registrationHookAuth: HOOK }),
      createDatabase(inject('mariadb')!),
    ])
    const mailAuth = { host: '127.0.0.1', port: internalPort, ...HOOK }
    const urls = { url: real.publicUrl, adminUrl: real.adminUrl }
    const server = await startGateway({ ...configuration(database, urls), mailAuth })

    const grace = await registerUser(real.publicUrl, { first: 'Grace', last: 'Hopper' })
    await expect.poll(() => made(database)).toEqual(tenants(1, 0))
    expect(await exchange(server, grace.sid, grace.sessionToken)).toBe(200)
    expect(await made(database)).toEqual(tenants(1, 1))
    await Promise.all([server.stop(), real.stop()])
  })
})
