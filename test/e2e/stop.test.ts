import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { freePort } from '../parts/free-port.ts'
import { type Gateway, startGateway } from '../parts/gateway.ts'
import { readEvents } from '../parts/jetstream-events.ts'
import { startNats } from '../parts/nats.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { startWhoamiStub, vouch, type WhoamiStub } from '../parts/whoami-stub.ts'

const LIMIT_MS = 3000

let kratos: WhoamiStub
beforeAll(async () => {
  kratos = await startWhoamiStub()
})
afterAll(() => kratos.close())

const start = (config: Record<string, unknown> = {}) =>
  startGateway({
    database: { file: `${tempDir('stop')}/authlance.sqlite` },
    kratos: { url: kratos.url, adminUrl: kratos.url },
    shutdown: { timeoutMs: LIMIT_MS },
    log: { level: 'warn' },
    ...config,
  })

const exchange = (url: string, token: string) =>
  fetch(`${url}/authlance/identity/me`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-token': token },
    body: JSON.stringify({ session: `sid-${token}` }),
  })

/** Sends the beginning of a request. */
async function begin(url: string, head: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(head)
  await sleep(100)
  return socket
}

const HALF_AN_UPLOAD =
  'POST /authlance/identity/me HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"session":'

async function timedStop(server: Gateway) {
  const startedAt = performance.now()
  const exit = await server.stop()
  return { exit, afterMs: performance.now() - startedAt }
}

const CLEAN = { code: 0, signal: null }

describe('a stop', () => {
  it.skipIf(requirePart('nats'))(
    'does not let a slow upload keep the outbox from being flushed',
    async () => {
      const nats = await startNats()
      const server = await start({
        nats: { url: nats.url, timeoutMs: 1000 },
        events: { relayIntervalMs: 60_000 },
      })
      await sleep(500)
      // Committed and not yet told to the relay: the answer of the slow call comes after the stop has begun.
      const upload = await begin(server.url, HALF_AN_UPLOAD)
      const release = Promise.withResolvers<void>()
      kratos.respondWhoami(async (request, response) => {
        await release.promise
        return vouch(request, response)
      })
      const underWay = exchange(server.url, 'ada')
      await sleep(200)
      const stopped = timedStop(server)
      await sleep(200)
      release.resolve()
      expect((await underWay).status).toBe(200)
      const { exit, afterMs } = await stopped
      expect(exit).toEqual(CLEAN)
      expect(afterMs).toBeLessThan(LIMIT_MS)
      expect((await readEvents(nats.url)).map(({ subject }) => subject)).toContain('user.created')
      upload.destroy()
      kratos.respondWhoami(vouch)
      await nats.stop()
    },
  )

  it('ends with 0 while a proxied call has no answer yet', async () => {
    kratos.respondWhoami(() => {})
    const server = await start()
    const call = fetch(`${server.url}/authlance/identity/sessions/whoami`, {
      headers: { 'x-session-token': 'slow' },
    }).catch(() => undefined)
    await sleep(300)
    const { exit, afterMs } = await timedStop(server)
    expect(exit).toEqual(CLEAN)
    expect(afterMs).toBeLessThan(LIMIT_MS)
    expect(server.output()).toContain('requests cut off')
    await call
    kratos.respondWhoami(vouch)
  })

  it('waits for no connection to a NATS that takes them and says nothing', async () => {
    const silent = createServer().listen(await freePort(), '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as { port: number }
    const server = await start({ nats: { url: `nats://127.0.0.1:${port}`, timeoutMs: 20_000 } })
    const { exit, afterMs } = await timedStop(server)
    expect(exit).toEqual(CLEAN)
    expect(afterMs).toBeLessThan(LIMIT_MS)
    silent.close()
  })

  it('is told by readiness and by the end of each connection', async () => {
    const mute = await startWhoamiStub()
    mute.respond(() => {})
    const server = await start({
      kratos: { url: mute.url, adminUrl: mute.url },
      readiness: { timeoutMs: 600 },
    })
    const probe = fetch(`${server.url}/readyz`)
    await mute.nextBegun()
    const stopped = timedStop(server)
    const answer = await probe
    expect([answer.status, answer.headers.get('connection')]).toEqual([503, 'close'])
    expect((await answer.json()).parts.process).toEqual({ state: 'down', detail: 'shutting down' })
    expect((await stopped).exit).toEqual(CLEAN)
    await mute.close()
  })
})
