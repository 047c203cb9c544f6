import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { freePort } from '../parts/free-port.ts'
import { type LocalServer, startLocalServer } from '../parts/local-server.ts'
import { startMariaDb } from '../parts/mariadb.ts'
import { startWhoamiStub, type WhoamiStub } from '../parts/whoami-stub.ts'

let kratos: WhoamiStub
beforeAll(async () => {
  kratos = await startWhoamiStub()
})
afterAll(() => kratos.close())

const memory = { file: ':memory:' }
const atKratos = () => ({ kratos: { url: kratos.url, adminUrl: kratos.url } })
const start = (config: Record<string, unknown> = {}) =>
  startLocalServer({ database: memory, log: { level: 'silent' }, ...atKratos(), ...config })

async function get(url: string, path: string) {
  const response = await fetch(url + path)
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}

describe('probes', () => {
  let server: LocalServer
  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server.stop())

  it.each(['url', 'internalUrl'] as const)('say that every part is up, on the %s', async (listener) => {
    for (const path of ['/readyz', '/healthz']) {
      const { status, body } = await get(server[listener], path)
      const up = { state: 'up', latencyMs: expect.any(Number) }
      expect([status, body]).toEqual([200, { state: 'up', parts: { database: up, kratos: up, bus: up } }])
    }
    expect(await get(server[listener], '/livez')).toMatchObject({ status: 200, body: { state: 'up' } })
  })

  it('touch nothing on the path that the deployment probes', async () => {
    const before = kratos.arrived.length
    const { status, body } = await get(server.url, '/authlance/identity/api/v1/health')
    expect([status, body]).toEqual([200, { status: 'UP' }])
    expect(kratos.arrived.length).toBe(before)
  })
})

describe('metrics', () => {
  let server: LocalServer
  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server.stop())

  it('are on the internal port alone, and the API is not there', async () => {
    expect((await get(server.url, '/metrics')).status).toBe(404)
    expect((await get(server.internalUrl, '/authlance/identity/me/logout')).status).toBe(404)
    expect((await get(server.internalUrl, '/authlance/identity/sessions/whoami')).status).toBe(404)
    expect((await get(server.internalUrl, '/metrics')).status).toBe(200)
  })

  it('count requests by route, exchanges by outcome, and time upstream calls and the outbox', async () => {
    await exchange(server, { token: 'metrics' })
    await get(server.url, '/authlance/identity/api/v1/profile/my-groups/me')
    const { headers, body } = await get(server.internalUrl, '/metrics')
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    for (const line of [
      'authlance_http_requests_total{route="/authlance/identity/me",method="POST",status="200"} 1',
      'authlance_http_requests_total{route="/authlance/identity/api/v1/profile/my-groups/{user}",method="GET",status="401"} 1',
      'authlance_session_exchanges_total{outcome="admitted"} 1',
      'authlance_upstream_duration_seconds_count{service="kratos",operation="whoami",outcome="200"} 1',
    ]) {
      expect(body.split('\n')).toContain(line)
    }
    expect(body).toMatch(/^authlance_outbox_pending_events \d+$/m)
    expect(body).toMatch(/^authlance_outbox_oldest_pending_seconds [\d.]+$/m)
  })
})

describe('readiness', () => {
  it('is degraded but in service while Ory and the bus are away', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`
    const server = await start({
      kratos: { url: nowhere, adminUrl: nowhere },
      hydra: { url: nowhere, adminUrl: nowhere },
      nats: { url: `nats://127.0.0.1:${await freePort()}`, timeoutMs: 300 },
    })
    const { status, body } = await get(server.url, '/readyz')
    expect([status, body.state]).toEqual([200, 'degraded'])
    for (const part of ['kratos', 'hydra', 'bus']) expect(body.parts[part].state).toBe('degraded')
    expect(body.parts.database.state).toBe('up')
    await server.stop()
  })

  it('answers within its limit when a part does not', async () => {
    const server = await start({ readiness: { timeoutMs: 200 } })
    kratos.respond(() => {})
    const startedAt = performance.now()
    const { status, body } = await get(server.url, '/readyz')
    expect([status, body.parts.kratos.state]).toEqual([200, 'degraded'])
    expect(performance.now() - startedAt).toBeLessThan(1500)
    await server.stop()
    await kratos.close()
    kratos = await startWhoamiStub()
  })

  it.skipIf(requirePart('mariadb'))('is 503 while the database is away, and comes back with it', async () => {
    const mariadb = await startMariaDb()
    const server = await start({ database: await mariadb.createDatabase() })
    expect((await get(server.url, '/readyz')).body.state).toBe('up')

    await mariadb.kill()
    const { status, headers, body } = await get(server.url, '/readyz')
    expect([status, body.state, body.parts.database.state]).toEqual([503, 'down', 'down'])
    expect(headers.get('cache-control')).toBe('no-store')
    expect((await get(server.url, '/livez')).status).toBe(200)
    expect((await exchange(server, { token: 'away' })).body.code).toBe('database_unavailable')

    await mariadb.restart()
    await expect.poll(async () => (await get(server.url, '/readyz')).status, { timeout: 10_000 }).toBe(200)
    expect((await exchange(server, { token: 'back' })).status).toBe(200)
    await server.stop()
    await mariadb.stop()
  })

  it('is 503 while migrations are pending', async () => {
    const server = await start({ migrateOnStart: false })
    const { status, body } = await get(server.url, '/readyz')
    expect([status, body.parts.database.detail]).toEqual([503, 'migrations are pending'])
    await server.stop()
  })

  it('is down from the moment of a stop, while requests under way are finished', async () => {
    const server = await start()
    const release = Promise.withResolvers<void>()
    kratos.respondWhoami(async (_request, response) => {
      await release.promise
      response.writeHead(401, { 'content-type': 'application/json' }).end('{}')
    })
    const begun = kratos.nextBegun()
    const underWay = exchange(server, { token: 'slow' })
    await begun

    const stopped = server.stop()
    expect(await server.env.health.check()).toMatchObject({
      state: 'down',
      parts: { process: { state: 'down', detail: 'shutting down' } },
    })
    release.resolve()
    const answer = await underWay
    expect([answer.status, answer.headers.get('connection')]).toEqual([401, 'close'])
    const answeredAt = performance.now()
    await stopped
    expect(performance.now() - answeredAt).toBeLessThan(1000)
    await expect(get(server.url, '/livez')).rejects.toThrow()
  })
})

describe('a connection', () => {
  it('is kept for longer than nginx keeps its side, so that nginx never asks on one that is being closed', async () => {
    const server = await start()
    const { headers } = await get(server.url, '/livez')
    expect(headers.get('connection')).toBe('keep-alive')
    expect(Number(/timeout=(\d+)/.exec(headers.get('keep-alive')!)![1])).toBeGreaterThan(75)
    const startedAt = performance.now()
    await server.stop()
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })
})

describe('a stop', () => {
  it('does not wait for connections that ask for nothing', async () => {
    const server = await start()
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    await once(socket, 'connect')
    const startedAt = performance.now()
    const ended = once(socket, 'close')
    await server.stop()
    await ended
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})

async function exchange(
  { url }: LocalServer,
  { token, sid = `sid-${token}` }: { token: string; sid?: string },
) {
  const response = await fetch(`${url}/authlance/identity/me`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-token': token },
    body: JSON.stringify({ session: sid }),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}
