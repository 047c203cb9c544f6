import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { startGateway } from '../parts/gateway.ts'
import { type MariaDb, startMariaDb } from '../parts/mariadb.ts'
import { startWhoamiStub, type WhoamiStub } from '../parts/whoami-stub.ts'

const TIMEOUT_MS = 1000

/** Kysely's. */
const MIGRATION_LOCK = 'ea586330-2c93-47c8-908d-981d9d270f9d'

let mariadb: MariaDb
let kratos: WhoamiStub

async function start(settings: object = {}) {
  const database = { ...(await mariadb.createDatabase()), timeoutMs: TIMEOUT_MS, ...settings }
  return startGateway({ database, kratos: { url: kratos.url, adminUrl: kratos.url }, log: { level: 'warn' } })
}

async function call(url: string, token?: string) {
  const startedAt = performance.now()
  const init = token && {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-token': token },
    body: JSON.stringify({ session: `sid-${token}` }),
  }
  const response = await fetch(token ? `${url}/authlance/identity/me` : url, init || {})
  const text = await response.text()
  return { status: response.status, text, afterMs: performance.now() - startedAt }
}

async function hang(): Promise<void> {
  process.kill(mariadb.pid, 'SIGSTOP')
  // Its threads stop one after the other.
  await sleep(100)
}

describe.skipIf(requirePart('mariadb'))('while the database hangs', () => {
  beforeAll(async () => {
    ;[mariadb, kratos] = await Promise.all([startMariaDb(), startWhoamiStub()])
  })
  afterEach(() => void process.kill(mariadb.pid, 'SIGCONT'))
  afterAll(async () => {
    await Promise.all([mariadb.stop(), kratos.close()])
  })

  it('every caller gets an answer, metrics are given, and service returns with it', async () => {
    const server = await start()
    const warm = await Promise.all(Array.from({ length: 12 }, (_, index) => call(server.url, `warm${index}`)))
    expect(new Set(warm.map(({ status }) => status))).toEqual(new Set([200]))

    await hang()
    const exchanges = Array.from({ length: 12 }, (_, index) => call(server.url, `hung${index}`))
    const metrics = call(`${server.internalUrl}/metrics`)
    expect((await call(`${server.url}/readyz`)).status).toBe(503)
    expect((await call(`${server.url}/livez`)).status).toBe(200)
    for (const { status, text, afterMs } of await Promise.all(exchanges)) {
      expect([status, JSON.parse(text).code]).toEqual([503, 'database_unavailable'])
      expect(afterMs).toBeLessThan(3 * TIMEOUT_MS)
    }
    expect(await metrics).toMatchObject({ status: 200, text: expect.stringContaining('authlance_') })

    process.kill(mariadb.pid, 'SIGCONT')
    await expect.poll(async () => (await call(`${server.url}/readyz`)).status, { timeout: 10_000 }).toBe(200)
    expect((await call(server.url, 'back')).status).toBe(200)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('a stop still ends in time and with 0: what waits in the outbox is safe there', async () => {
    const server = await start()
    expect((await call(server.url, 'ada')).status).toBe(200)
    await hang()
    const underWay = call(server.url, 'grace')
    await sleep(200)
    const startedAt = performance.now()
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    expect((await underWay).status).toBe(503)
    expect(server.output()).toContain('stopped without flushing the outbox')
  })

  it('the limit on statements does not concern migrations, which wait for those of another replica', async () => {
    const { host, port, user, password } = mariadb
    await using other = await createConnection({ host, port, user, password })
    await other.query('select get_lock(?, 5)', [MIGRATION_LOCK])
    const database = await mariadb.createDatabase()
    const starting = start({ ...database, timeoutMs: 300 })
    const states = async () => {
      const ofDatabase = 'select state from information_schema.processlist where db = ?'
      return (await other.query(ofDatabase, [database.dbname]))[0]
    }
    await expect.poll(states, { timeout: 10_000 }).toContainEqual({ state: 'User lock' })
    await sleep(900)
    expect(await states()).toContainEqual({ state: 'User lock' })
    await other.query('select release_lock(?)', [MIGRATION_LOCK])
    const server = await starting
    expect((await call(`${server.url}/readyz`)).status).toBe(200)
    await server.stop()
  })
})
