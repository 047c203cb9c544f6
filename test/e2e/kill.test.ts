import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../lib/config.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { requirePart } from '../parts/available.ts'
import { freePort } from '../parts/free-port.ts'
import { type Gateway, JWT_KEY, startGateway, writeConfig } from '../parts/gateway.ts'
import { readEvents } from '../parts/jetstream-events.ts'
import { type Database, type MariaDb, startMariaDb } from '../parts/mariadb.ts'
import { type Nats, startNats } from '../parts/nats.ts'
import type { Restartable } from '../parts/restartable.ts'
import { runCli } from '../parts/run-cli.ts'
import { seededRandom } from '../parts/seeded-random.ts'
import { startWhoamiStub, vouch, type WhoamiStub } from '../parts/whoami-stub.ts'

const SKIPPED = requirePart('mariadb') || requirePart('nats')
const SOAK = process.env.SOAK === '1'
const EXCHANGES = SOAK ? 2000 : 300
const KILLS_OF_EACH = SOAK ? 15 : 3
const LIMIT_MS = SOAK ? 600_000 : 120_000

const ANCIENT = '2020-01-01T00:00:00Z'
const SUBJECTS = ['user.created', 'group.created', 'subscription.created', 'user.authenticated'] as const

let mariadb: MariaDb
let nats: Nats
let kratos: WhoamiStub

function configuration(database: Database) {
  return {
    database,
    kratos: { url: kratos.url, adminUrl: kratos.url },
    nats: { url: nats.url, timeoutMs: 1000 },
    authlance: { autoCreateGroup: true },
    paymentTier: { tierName: 'Standard', price: 9, billingCycle: 'month', lookupKey: 'standard' },
    events: { leaseMs: 2000, relayIntervalMs: 200 },
    log: { level: 'error' },
  }
}

function exchange(url: string, token: string): Promise<Response> {
  return fetch(`${url}/authlance/identity/me`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-token': token },
    body: JSON.stringify({ session: `sid-${token}` }),
    signal: AbortSignal.timeout(10_000),
  })
}

async function outbox(config: ReturnType<typeof configuration>) {
  const { db, close } = openDatabase(parseConfig({ ...config, jwtKey: JWT_KEY }, { env: {} }).config)
  const rows = await db.selectFrom('event_outbox').select(['id', 'seq', 'subject', 'state']).execute()
  await close()
  return rows
}

const pendingIn = async (config: ReturnType<typeof configuration>) =>
  (await outbox(config)).filter(({ state }) => state !== 'relayed').length

describe.skipIf(SKIPPED)('events under SIGKILL', () => {
  beforeAll(async () => {
    ;[mariadb, nats, kratos] = await Promise.all([startMariaDb(), startNats(), startWhoamiStub()])
  })
  afterAll(async () => {
    await Promise.all([mariadb.stop(), nats.stop(), kratos.close()])
  })

  it(
    `${EXCHANGES} exchanges lose none while NATS and three servers are killed at random moments`,
    async () => {
      const random = seededRandom()
      console.log(`RANDOM_SEED=${random.seed}`)
      const config = configuration(await mariadb.createDatabase())
      const servers: Gateway[] = []
      for (let index = 0; index < 3; index++) {
        servers.push(await startGateway({ ...config, port: await freePort() }))
      }

      const chaos = [nats, ...servers].map((victim) => killAgainAndAgain(victim, random.whole(0, 2 ** 32)))
      let killing = true
      const allKilled = Promise.all(chaos).finally(() => {
        killing = false
      })
      let next = 0
      async function caller(): Promise<void> {
        while (next < EXCHANGES) {
          const token = `user${next++}`
          while (!(await succeeds(random.pick(servers), token))) await sleep(20)
          // Spreads the exchanges over the time of the kills.
          if (killing) await sleep(random.whole(0, 700))
        }
      }
      await Promise.all([allKilled, ...Array.from({ length: 12 }, caller)])

      await expect.poll(() => pendingIn(config), { timeout: 30_000, interval: 200 }).toBe(0)
      const committed = await outbox(config)
      expect(countBySubject(committed)).toEqual(
        Object.fromEntries(SUBJECTS.map((subject) => [subject, EXCHANGES])),
      )
      const events = await readEvents(nats.url)
      expectAll(events, committed)
      console.log(`${events.length - committed.length} of ${committed.length} events came more than once`)

      await nats.wipe()
      expect(await readEvents(nats.url)).toEqual([])
      const replayed = await runCli('events', 'replay', '--since', ANCIENT, '--config', writeConfig(config))
      expect(replayed).toMatchObject({ code: 0 })
      expectAll(await readEvents(nats.url), committed)
      await Promise.all(servers.map((server) => server.stop()))
    },
    LIMIT_MS,
  )

  it('SIGTERM under load finishes the requests, flushes the outbox and exits with 0', async () => {
    const config = configuration(await mariadb.createDatabase())
    const server = await startGateway({ ...config, events: { relayIntervalMs: 60_000 } })
    const release = Promise.withResolvers<void>()
    kratos.respondWhoami(async (request, response) => {
      await release.promise
      return vouch(request, response)
    })
    const before = kratos.whoamis()
    const underWay = Array.from({ length: 40 }, (_, index) => exchange(server.url, `stop${index}`))
    await expect.poll(() => kratos.whoamis() - before).toBe(40)

    const startedAt = performance.now()
    const stopped = server.stop()
    const load = callUntilGone(server.url)
    await sleep(300)
    release.resolve()
    expect((await Promise.all(underWay)).map(({ status }) => status)).toEqual(Array(40).fill(200))
    expect(await stopped).toEqual({ code: 0, signal: null })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    expect(await load).toEqual([])
    expect(await pendingIn(config)).toBe(0)
    expect((await outbox(config)).length).toBe(40 * SUBJECTS.length)
  }, 30_000)

  it('SIGTERM exits with 0 in time although NATS is away, and the next start publishes what waits', async () => {
    const away = { ...configuration(await mariadb.createDatabase()) }
    const nowhere = { url: `nats://127.0.0.1:${await freePort()}`, timeoutMs: 1000 }
    const server = await startGateway({ ...away, nats: nowhere })
    expect((await exchange(server.url, 'waiting')).status).toBe(200)
    const startedAt = performance.now()
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    expect(await pendingIn(away)).toBe(SUBJECTS.length)

    const next = await startGateway(away)
    await expect.poll(() => pendingIn(away), { timeout: 10_000 }).toBe(0)
    await next.stop()
  }, 40_000)
})

/** Kills a server by SIGKILL at random moments and brings it back each time. */
async function killAgainAndAgain(victim: Restartable, seed: number): Promise<void> {
  const random = seededRandom(seed)
  for (let kill = 0; kill < KILLS_OF_EACH; kill++) {
    await sleep(random.whole(0, 1500))
    await victim.kill()
    await sleep(random.whole(0, 500))
    await victim.restart()
  }
}

/** Whether the exchange was answered 200. Only a server that goes or a part that is away may be the reason if not. */
async function succeeds(server: Gateway, token: string): Promise<boolean> {
  const response = await exchange(server.url, token).catch(() => undefined)
  if (!response) return false
  await response.body?.cancel()
  if (response.status === 200) return true
  if (response.status !== 503) throw new Error(`answer ${response.status}, log:\n${server.output()}`)
  return false
}

/** Calls a server until nothing listens any more. @returns the answers that were not 200 */
async function callUntilGone(url: string): Promise<number[]> {
  const bad: number[] = []
  for (;;) {
    const response = await fetch(`${url}/livez`).catch(() => undefined)
    if (!response) return bad
    await response.body?.cancel()
    if (response.status !== 200) bad.push(response.status)
  }
}

function expectAll(
  events: Awaited<ReturnType<typeof readEvents>>,
  committed: { id: string; seq: number }[],
): void {
  for (const { messageId, data } of events) expect(messageId).toBe(data.id)
  const distinct = new Map(events.map(({ data }) => [data.id, data.seq]))
  expect(distinct).toEqual(new Map(committed.map(({ id, seq }) => [id, seq])))
}

function countBySubject(rows: { subject: string }[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { subject } of rows) counts[subject] = (counts[subject] ?? 0) + 1
  return counts
}
