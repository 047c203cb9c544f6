import { type Connection, createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { fakeSession } from '../parts/fake-session.ts'
import { type LocalServer, startLocalServer } from '../parts/local-server.ts'
import { createDatabase } from '../parts/mariadb.ts'
import { json } from '../parts/stub-upstream.ts'
import { startWhoamiStub, vouch, type WhoamiStub } from '../parts/whoami-stub.ts'

let kratos: WhoamiStub
let server: LocalServer
let other: Connection

async function call(path: string, init?: RequestInit) {
  const startedAt = performance.now()
  const response = await fetch(path, init)
  const text = await response.text()
  return { status: response.status, text, afterMs: performance.now() - startedAt }
}

const exchange = (token: string) =>
  call(`${server.url}/authlance/identity/me`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-token': token },
    body: JSON.stringify({ session: `sid-${token}` }),
  })

/** Locks the row of one user until the end of the connection's transaction. */
async function lockUser(email: string): Promise<void> {
  await other.beginTransaction()
  const [rows] = await other.query('select id from users where email = ? for update', [email])
  expect(rows).toHaveLength(1)
}

describe.skipIf(requirePart('mariadb'))('while the row of one user is locked', () => {
  beforeAll(async () => {
    const database = await createDatabase(inject('mariadb')!)
    kratos = await startWhoamiStub()
    // Several sessions of one identity: `ada-1`, `ada-2` and so on.
    kratos.respondWhoami((request, response) => {
      const token = String(request.headers['x-session-token'])
      if (!token.startsWith('ada')) return vouch(request, response)
      const session = { sid: `sid-${token}`, identity: 'identity-ada', email: 'ada@example.com' }
      return json(response, 200, fakeSession(session))
    })
    server = await startLocalServer({
      database,
      kratos: { url: kratos.url, adminUrl: kratos.url },
      log: { level: 'error' },
    })
    const { dbname, ...account } = database
    other = await createConnection({ ...account, database: dbname })
    for (const token of ['ada', 'grace']) expect((await exchange(token)).status).toBe(200)
  })
  afterAll(async () => {
    await other.end()
    await server.stop()
    await kratos.close()
  })

  it('others are served, this replica stays in service, and that user gets 503 in time', async () => {
    await lockUser('ada@example.com')
    const locked = Array.from({ length: 12 }, (_, index) => exchange(`ada-${index}`))
    await expect.poll(waitingForLocks, { interval: 200 }).toBeGreaterThanOrEqual(10)

    const probe = call(`${server.url}/readyz`)
    const renewal = exchange('grace')
    const first = exchange('linus')
    const metrics = call(`${server.internalUrl}/metrics`)
    expect(await probe).toMatchObject({ status: 200 })
    expect((await metrics).text).toMatch(/^authlance_outbox_pending_events \d+$/m)
    for (const { status, afterMs } of await Promise.all([renewal, first])) {
      expect(status).toBe(200)
      expect(afterMs).toBeLessThan(4000)
    }
    for (const { status, text, afterMs } of await Promise.all(locked)) {
      expect([status, JSON.parse(text).code]).toEqual([503, 'database_unavailable'])
      expect(afterMs).toBeLessThan(10_000)
    }
    await other.rollback()
    expect((await exchange('ada-0')).status).toBe(200)
  }, 60_000)

  it('that user is served as soon as the lock is gone', async () => {
    await lockUser('ada@example.com')
    const waiting = exchange('ada-late')
    await expect.poll(waitingForLocks, { interval: 200 }).toBe(1)
    await other.rollback()
    expect((await waiting).status).toBe(200)
  })
})

/** How many statements in our database wait for a lock. The server counts anew only when nobody asked for 0.1 s. */
async function waitingForLocks(): Promise<number> {
  const [rows] = await other.query(`select 1 from information_schema.innodb_trx
    join information_schema.processlist on id = trx_mysql_thread_id
    where trx_state = 'LOCK WAIT' and db = database()`)
  return (rows as unknown[]).length
}
