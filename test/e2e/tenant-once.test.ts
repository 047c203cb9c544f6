import { fileURLToPath } from 'node:url'
import { describe, expect, inject, it } from 'vitest'
import { parseConfig } from '../../lib/config.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { requirePart } from '../parts/available.ts'
import { JWT_KEY, startGateway } from '../parts/gateway.ts'
import { type KratosUser, registerUser, signInBrowser } from '../parts/kratos-user.ts'
import { createDatabase, type Database } from '../parts/mariadb.ts'

const SKIPPED = requirePart('mariadb') || requirePart('kratos')
const DYING = fileURLToPath(new URL('../parts/dying-server.ts', import.meta.url))

function configuration(database: Database) {
  const kratos = inject('kratos')!
  return {
    database,
    kratos: { url: kratos.publicUrl, adminUrl: kratos.adminUrl },
    authlance: { autoCreateGroup: true },
    paymentTier: { tierName: 'Standard', price: 9, billingCycle: 'month', lookupKey: 'standard' },
    stripe: { trialPeriodDays: 14 },
    log: { level: 'error' },
  }
}

function exchange(url: string, user: Pick<KratosUser, 'sid' | 'sessionToken'>): Promise<Response> {
  return fetch(`${url}/authlance/identity/me`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-token': user.sessionToken },
    body: JSON.stringify({ session: user.sid }),
  })
}

/** Every row that a first sign-in makes, without ids and times. */
async function tenantRows(database: Database) {
  const config = { ...configuration(database), jwtKey: JWT_KEY }
  const { db, close } = openDatabase(parseConfig(config, { env: {} }).config)
  const rows = {
    users: await db.selectFrom('users').select(['email', 'first_name', 'state']).execute(),
    groups: await db.selectFrom('groups').select(['name', 'long_name']).execute(),
    memberships: await db.selectFrom('memberships').select('created_at').execute(),
    roles: await db.selectFrom('membership_roles').select('role').execute(),
    subscriptions: await db.selectFrom('subscriptions').select(['tier_name', 'status', 'provider']).execute(),
    sessions: await db.selectFrom('sessions').select('sid').execute(),
    events: (await db.selectFrom('event_outbox').select('subject').orderBy('seq').execute()).map(
      ({ subject }) => subject,
    ),
  }
  await close()
  return rows
}

describe.skipIf(SKIPPED)('the tenant is made exactly once', () => {
  it('under 200 parallel first exchanges of one identity over three server processes', async () => {
    const database = await createDatabase(inject('mariadb')!)
    const servers = await Promise.all([1, 2, 3].map(() => startGateway(configuration(database))))
    const kratos = inject('kratos')!.publicUrl
    const user = await registerUser(kratos, { first: 'Grace', last: 'Hopper' })

    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => exchange(servers[index % 3]!.url, user)),
    )
    expect(countBy(answers.map(({ status }) => status))).toEqual({ 200: 200 })
    expect(await tenantRows(database)).toMatchObject({
      users: [{ email: user.email, first_name: 'Grace', state: 'active' }],
      groups: [{ name: 'grace-hopper', long_name: 'Grace Hopper' }],
      memberships: [{}],
      roles: [{ role: 'group-admin' }],
      subscriptions: [{ tier_name: 'Standard', status: 'trialing', provider: 'authlance' }],
      sessions: [{ sid: user.sid }],
      events: ['user.created', 'group.created', 'subscription.created', 'user.authenticated'],
    })
    await Promise.all(servers.map((server) => server.stop()))
  })

  it('under parallel first exchanges of many sessions and of many people with one name', async () => {
    const database = await createDatabase(inject('mariadb')!)
    const servers = await Promise.all([1, 2, 3].map(() => startGateway(configuration(database))))
    const kratos = inject('kratos')!.publicUrl
    const people = await Promise.all(
      Array.from({ length: 10 }, () => registerUser(kratos, { first: 'Same', last: 'Name' })),
    )
    const browsers = await Promise.all(people.map((person) => signInBrowser(kratos, person)))

    const calls = [...people, ...people].map((person, index) => exchange(servers[index % 3]!.url, person))
    const byCookie = [...browsers, ...browsers].map(({ sid, cookie }, index) => {
      const { url } = servers[index % 3]!
      const headers = { 'content-type': 'application/json', cookie, origin: new URL(url).origin }
      return fetch(`${url}/authlance/identity/me`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ session: sid }),
      })
    })
    const statuses = (await Promise.all([...calls, ...byCookie])).map(({ status }) => status)
    expect(countBy(statuses)).toEqual({ 200: 40 })

    const rows = await tenantRows(database)
    expect(rows.users).toHaveLength(10)
    expect(new Set(rows.groups.map(({ name }) => name)).size).toBe(10)
    expect(rows.groups.map(({ name }) => name)).toContain('same-name')
    expect(rows.memberships).toHaveLength(10)
    expect(rows.subscriptions).toHaveLength(10)
    expect(rows.sessions).toHaveLength(20)
    expect(countBy(rows.events)).toEqual({
      'user.created': 10,
      'group.created': 10,
      'subscription.created': 10,
      'user.authenticated': 20,
    })
    await Promise.all(servers.map((server) => server.stop()))
  })

  it('when the process is killed after any statement and started again', async () => {
    const database = await createDatabase(inject('mariadb')!)
    const survivor = await startGateway(configuration(database))
    const kratos = inject('kratos')!.publicUrl

    let deaths = 0
    for (let statement = 1; statement <= MOST_STATEMENTS; statement++) {
      const user = await registerUser(kratos, { first: 'Katherine', last: `Johnson ${letters(statement)}` })
      const dying = await startGateway(configuration(database), {
        program: [DYING],
        env: { AUTHLANCE_DIE_AFTER: String(statement) },
      })
      const answer = await exchange(dying.url, user).catch(() => undefined)
      await dying.kill()
      if (answer) break
      deaths++
      expect(await exchange(survivor.url, user)).toMatchObject({ status: 200 })
      expectOneEach(await tenantRows(database), deaths)
    }
    expect(deaths).toBeGreaterThan(12)
    expect(deaths).toBeLessThan(MOST_STATEMENTS)
    await survivor.stop()
  }, 180_000)
})

const MOST_STATEMENTS = 40

function expectOneEach(rows: Awaited<ReturnType<typeof tenantRows>>, tenants: number): void {
  for (const table of ['users', 'groups', 'memberships', 'roles', 'subscriptions', 'sessions'] as const) {
    expect([table, rows[table].length]).toEqual([table, tenants])
  }
  expect(countBy(rows.events)).toEqual({
    'user.created': tenants,
    'group.created': tenants,
    'subscription.created': tenants,
    'user.authenticated': tenants,
  })
}

function countBy(values: (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

function letters(number: number): string {
  return String.fromCharCode(97 + Math.floor(number / 26), 97 + (number % 26))
}
