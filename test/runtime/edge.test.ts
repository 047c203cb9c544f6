import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { parseConfig } from '../../lib/config.ts'
import { migrate } from '../../lib/db/migrate.ts'
import { type OpenDatabase, openDatabase } from '../../runtime/node/database.ts'
import { requirePart } from '../parts/available.ts'
import { type Edge, startEdge } from '../parts/edge.ts'
import { type KratosUser, registerUser } from '../parts/kratos-user.ts'
import { createDatabase } from '../parts/mariadb.ts'
import { type PlanetScaleStandIn, startPlanetScaleStandIn } from '../parts/planetscale.ts'

const JWT_KEY = 'a-key-of-the-edge-that-is-32-bytes-long'
const missing = [requirePart('mariadb'), requirePart('kratos'), requirePart('nats')].includes(true)

describe.skipIf(missing).each(['all', 'routes'] as const)('workerd, workers: %s', (workers) => {
  let database: OpenDatabase
  let planetscale: PlanetScaleStandIn
  let edge: Edge
  let prefix: string

  beforeAll(async () => {
    const { publicUrl, adminUrl } = inject('kratos')!
    const server = await createDatabase(inject('mariadb')!)
    const config = {
      jwtKey: JWT_KEY,
      kratos: { url: publicUrl, adminUrl },
      authlance: { autoCreateGroup: true },
      paymentTier: { tierName: 'Standard' },
    }
    const parsed = parseConfig({ ...config, database: { ...server } }, { env: {} }).config
    database = openDatabase(parsed)
    await migrate(database.db, parsed)
    planetscale = await startPlanetScaleStandIn(server)
    prefix = `edge-${crypto.randomUUID()}`
    edge = await startEdge({
      config: { ...config, nats: { prefix } },
      planetscale,
      natsWebsocketUrl: inject('nats')!.websocketUrl,
      workers,
    })
  })
  afterAll(async () => {
    await edge?.stop()
    await planetscale?.stop()
    await database?.close()
  })

  test('is ready when database and Kratos answer', async () => {
    const response = await fetch(`${edge.url}/readyz`)
    expect(response.status).toBe(200)
    const { state, parts } = (await response.json()) as { state: string; parts: object }
    expect(state).toBe('up')
    expect(Object.keys(parts)).toEqual(['database', 'kratos'])
  })

  test('serves the files of the reference page', async () => {
    const page = await (await fetch(`${edge.url}/authlance/docs`)).text()
    const files = [...page.matchAll(/(?:src|href)="(\/authlance\/docs\/[^"]+)"/g)].map(([, path]) => path)
    expect(files.length).toBeGreaterThan(2)
    for (const path of files) expect((await fetch(`${edge.url}${path}`)).status, path).toBe(200)
  })

  test.each(['/metrics', '/swagger-ui.css', '/authlance/identity/api/v1/nothing'])(
    'has no %s',
    async (path) => {
      const response = await fetch(`${edge.url}${path}`)
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ code: 'not_found' })
    },
  )

  test('relays the public API of Kratos', async () => {
    const response = await fetch(`${edge.url}/authlance/identity/sessions/whoami`)
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { code: 401, status: 'Unauthorized' } })
  })

  test('exchanges a session, makes the tenant once and reads its group', async () => {
    const user = await registerUser(inject('kratos')!.publicUrl)
    const answers = await Promise.all(Array.from({ length: 8 }, () => exchange(user)))
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    const { token } = (await answers[0]!.json()) as { token: string }

    const groups = await fetch(`${edge.url}/authlance/identity/api/v1/profile/my-groups/${user.identity}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(groups.status).toBe(200)
    expect(await groups.json()).toHaveLength(1)

    const events = await database.db.selectFrom('event_outbox').select('subject').orderBy('seq').execute()
    expect(events.map(({ subject }) => subject)).toEqual([
      'user.created',
      'group.created',
      'subscription.created',
      'user.authenticated',
    ])
  })

  test('an exchange has the flush worker publish its events', async () => {
    await expect.poll(outboxStates, { timeout: 10_000 }).toEqual(Array(4).fill('relayed'))
  })

  test('the schedule publishes what no request has told of', async () => {
    const [template] = await database.db.selectFrom('event_outbox').selectAll().orderBy('seq').execute()
    const { subject, schema_version, payload, created_at } = template!
    const id = crypto.randomUUID()
    await database.db
      .insertInto('event_outbox')
      .values({ id, subject, schema_version, payload, created_at })
      .execute()

    const seen = await messagesDuring(`${prefix}.${subject}`, () => edge.triggerFlush())
    expect(seen.map((message) => message.id)).toEqual([id])
    expect(await outboxStates()).toEqual(Array(5).fill('relayed'))
  })

  test('logs a JSON line for each request, with the same members as on Node', async () => {
    await fetch(`${edge.url}/livez`, { headers: { 'x-request-id': 'seen-in-the-log' } })
    const line = await expect
      .poll(() =>
        edge
          .log()
          .split('\n')
          .find((entry) => entry.includes('seen-in-the-log')),
      )
      .toBeDefined()
      .then(
        () =>
          edge
            .log()
            .split('\n')
            .find((entry) => entry.includes('seen-in-the-log'))!,
      )
    expect(JSON.parse(line)).toMatchObject({
      level: 'info',
      requestId: 'seen-in-the-log',
      method: 'GET',
      route: '/livez',
      status: 200,
      msg: 'request',
    })
    expect(edge.log()).not.toContain(JWT_KEY)
  })

  async function outboxStates(): Promise<string[]> {
    const rows = await database.db.selectFrom('event_outbox').select('state').execute()
    return rows.map(({ state }) => state)
  }

  function exchange({ sessionToken, sid }: KratosUser): Promise<Response> {
    return fetch(`${edge.url}/authlance/identity/me`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-session-token': sessionToken },
      body: JSON.stringify({ session: sid }),
    })
  }
})

/** What is published on a subject until the work is done. */
async function messagesDuring(subject: string, work: () => Promise<void>): Promise<{ id: string }[]> {
  const connection = await connect({ servers: inject('nats')!.url })
  const messages: { id: string }[] = []
  connection.subscribe(subject, { callback: (_, message) => void messages.push(message.json()) })
  await connection.flush()
  await work()
  await connection.drain()
  return messages
}

describe('workerd without its parts', () => {
  const NOWHERE = 'http://127.0.0.1:9'
  const config = { jwtKey: JWT_KEY, kratos: { url: NOWHERE, adminUrl: NOWHERE } }
  let edge: Edge | undefined
  afterAll(() => edge?.stop())

  test('answers 503 while the database is away, and says so in the log', async () => {
    edge = await startEdge({ config, planetscale: { url: 'http://user:not-to-be-seen@127.0.0.1:9' } })
    const ready = await fetch(`${edge.url}/readyz`)
    expect(ready.status).toBe(503)
    const tiers = await fetch(`${edge.url}/authlance/identity/api/v1/subscriptions/tiers`)
    expect(tiers.status).toBe(503)
    expect(await tiers.json()).toMatchObject({ code: 'database_unavailable' })
    await expect.poll(() => edge!.log()).toContain('database unavailable')
    expect(edge.log()).not.toContain('not-to-be-seen')
  })

  test('a configuration that is refused gives 500, and its problems stand in the log alone', async () => {
    const broken = await startEdge({
      config: { ...config, jwtKey: 'short-and-secret' },
      planetscale: { url: 'http://user:password@127.0.0.1:9' },
    })
    const response = await fetch(`${broken.url}/livez`)
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ code: 'internal_error' })
    await expect.poll(() => broken.log()).toContain('a key of at least 32 bytes')
    expect(broken.log()).not.toContain('short-and-secret')
    await broken.stop()
  })
})
