import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { CLI } from '../parts/gateway.ts'
import { createDatabase } from '../parts/mariadb.ts'
import { type RunningProcess, startProcess } from '../parts/process.ts'
import { everyKind, LOAD_CONFIG, readGroups, sendMail, tokenOf } from '../parts/replica-load.ts'
import { startLoad } from '../parts/steady-load.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { startWhoamiStub, vouch, type WhoamiStub } from '../parts/whoami-stub.ts'

const OLD_KEY = 'the-key-that-goes-which-has-32-bytes'
const NEW_KEY = 'the-key-that-comes-which-has-32-bytes'

let kratos: WhoamiStub
beforeAll(async () => {
  kratos = await startWhoamiStub()
})
afterAll(() => kratos.close())

interface Reloadable {
  url: string
  internalUrl: string
  process: RunningProcess
  write(changes?: Record<string, unknown>): void
  writeSecret(name: string, value: string): void
  hangUp(): void
  /** Sends SIGHUP and waits until that many reloads are told of. */
  reload(times?: number): Promise<void>
  reloads(): number
}

/** A server with its secrets in files. */
async function startReloadable(config: Record<string, unknown> = {}): Promise<Reloadable> {
  const dir = tempDir('reload')
  const pathOf = (name: string) => join(dir, name)
  const writeSecret = (name: string, value: string) => writeFileSync(pathOf(name), value)
  const write = (changes: Record<string, unknown> = {}) =>
    writeFileSync(
      pathOf('config.yaml'),
      JSON.stringify({
        ...LOAD_CONFIG,
        host: '127.0.0.1',
        port: 0,
        jwtKey_FILE: [pathOf('key'), pathOf('former-key')],
        mailAuth: { host: '127.0.0.1', port: 0, user: 'mail', password_FILE: pathOf('mail-password') },
        kratos: { url: kratos.url, adminUrl: kratos.url },
        database: { file: pathOf('authlance.sqlite') },
        log: { level: 'info' },
        ...config,
        ...changes,
      }),
    )
  writeSecret('key', OLD_KEY)
  writeSecret('former-key', OLD_KEY)
  writeSecret('mail-password', 'mail-password')
  write()
  const running = startProcess(process.execPath, [CLI, 'serve', '--config', pathOf('config.yaml')])
  const [, url, internalUrl] = await running.waitForLine(/ready: api (\S+) internal (\S+)/)
  const reloads = () => running.stdout().split('"configuration reloaded"').length - 1
  const hangUp = () => void process.kill(running.pid, 'SIGHUP')
  return {
    url: url!,
    internalUrl: internalUrl!,
    process: running,
    write,
    writeSecret,
    hangUp,
    reloads,
    async reload() {
      const before = reloads()
      hangUp()
      await running.waitForProbe(async () => reloads() > before)
    },
  }
}

const verifies = (token: string, key: string) =>
  jwtVerify(token, new TextEncoder().encode(key)).then(
    () => true,
    () => false,
  )

const CLEAN = { code: 0, signal: null }

describe('SIGHUP', () => {
  it('puts a new key first while the load goes on: no request fails, old tokens stay, new ones have the new key', async () => {
    const server = await startReloadable()
    const oldToken = await tokenOf(server.url, 'ada')
    expect(await verifies(oldToken, OLD_KEY)).toBe(true)
    const load = startLoad(everyKind(server.url, oldToken, server.internalUrl), { lanes: 2 })
    await sleep(300)
    server.writeSecret('key', NEW_KEY)
    await server.reload()
    const newToken = await tokenOf(server.url, 'ada')
    expect(await verifies(newToken, NEW_KEY)).toBe(true)
    expect((await readGroups(server.url, oldToken)).status).toBe(200)
    for (let times = 0; times < 5; times++) await server.reload()
    await sleep(300)
    await load.stop()
    expect(load.failures).toEqual([])
    expect(Math.min(...Object.values(load.answered))).toBeGreaterThan(20)

    server.writeSecret('former-key', NEW_KEY)
    await server.reload()
    expect((await readGroups(server.url, oldToken)).status).toBe(401)
    expect((await readGroups(server.url, newToken)).status).toBe(200)
    expect(await server.process.stop()).toEqual(CLEAN)
    expect(server.process.output()).not.toMatch(/the-key-that/)
  })

  it.skipIf(requirePart('mariadb') || requirePart('nats'))(
    'opens other connections to the database and to NATS under load without a failure',
    async () => {
      const database = await createDatabase(inject('mariadb')!)
      const nats = { url: inject('nats')!.url, prefix: `reload${Date.now()}` }
      const server = await startReloadable({ database, nats })
      const token = await tokenOf(server.url, 'ada')
      const load = startLoad(everyKind(server.url, token, server.internalUrl), { lanes: 2 })
      for (const poolSize of [8, 9, 10]) {
        server.write({ database: { ...database, poolSize }, nats: { ...nats, timeoutMs: 3000 + poolSize } })
        await server.reload()
        await sleep(300)
      }
      await load.stop()
      expect(load.failures).toEqual([])
      const waiting = async () => {
        const metrics = await (await fetch(`${server.internalUrl}/metrics`)).text()
        return Number(/^authlance_outbox_pending_events (\S+)$/m.exec(metrics)?.[1])
      }
      await expect.poll(waiting, { timeout: 5000 }).toBe(0)
      const metrics = await (await fetch(`${server.internalUrl}/metrics`)).text()
      const counted = /authlance_stripe_webhooks_total\{outcome="accepted"\} (\d+)/.exec(metrics)?.[1]
      expect(Number(counted)).toBe(load.answered['webhook'])
      expect(await server.process.stop()).toEqual(CLEAN)
    },
  )

  it('changes the password of the mail intake', async () => {
    const server = await startReloadable()
    expect((await sendMail(server.internalUrl)).status).toBe(200)
    server.writeSecret('mail-password', 'another-password')
    await server.reload()
    expect((await sendMail(server.internalUrl)).status).toBe(401)
    expect((await sendMail(server.internalUrl, 'another-password')).status).toBe(200)
    expect(await server.process.stop()).toEqual(CLEAN)
  })

  it('keeps the configuration when the new one cannot be used, and tells why by key and never by value', async () => {
    const server = await startReloadable()
    const token = await tokenOf(server.url, 'ada')
    server.writeSecret('key', 'a-short-secret')
    server.hangUp()
    await server.process.waitForLine(/"level":"error".*jwtKey\S*: expected .*the one from before stays/)
    server.writeSecret('key', OLD_KEY)
    server.write({
      database: { host: '127.0.0.1', port: 1, user: 'ada', password: 'hidden-password', dbname: 'x' },
    })
    server.hangUp()
    await server.process.waitForLine(/"level":"error".*database.*cannot be put to use/)
    expect((await readGroups(server.url, token)).status).toBe(200)
    expect(await verifies(await tokenOf(server.url, 'bob'), OLD_KEY)).toBe(true)
    expect(server.reloads()).toBe(0)
    expect(server.process.output()).not.toMatch(/a-short-secret|hidden-password/)
    server.write()
    await server.reload()
    expect(await server.process.stop()).toEqual(CLEAN)
  })

  it('leaves the listeners where they are, and says so', async () => {
    const server = await startReloadable()
    server.write({ port: 9, mailAuth: { host: '127.0.0.2', port: 0, password: 'mail-password' } })
    await server.reload()
    expect(server.process.output()).toMatch(/"level":"warn".*"keys":\["port","mailAuth.host"\]/)
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
    expect((await fetch(`${server.internalUrl}/livez`)).status).toBe(200)
    await server.process.stop()
  })

  it('lets a request that began end as it began, whatever it takes', async () => {
    const server = await startReloadable({ shutdown: { timeoutMs: 500 } })
    const release = Promise.withResolvers<void>()
    kratos.respondWhoami(async (request, response) => {
      await release.promise
      return vouch(request, response)
    })
    const underWay = tokenOf(server.url, 'ada')
    await kratos.nextBegun()
    server.writeSecret('key', NEW_KEY)
    await server.reload()
    await sleep(1200)
    release.resolve()
    expect(await verifies(await underWay, OLD_KEY)).toBe(true)
    kratos.respondWhoami(vouch)
    expect(await verifies(await tokenOf(server.url, 'bob'), NEW_KEY)).toBe(true)
    expect(await server.process.stop()).toEqual(CLEAN)
  })

  it('that comes many times at once is heeded as few, and one during a stop not at all', async () => {
    const server = await startReloadable({ shutdown: { drainMs: 400 } })
    for (let times = 0; times < 20; times++) server.hangUp()
    await sleep(1000)
    expect(server.reloads()).toBeGreaterThanOrEqual(1)
    expect(server.reloads()).toBeLessThanOrEqual(3)
    const before = server.reloads()
    const stopped = server.process.stop()
    await sleep(100)
    server.hangUp()
    expect(await stopped).toEqual(CLEAN)
    expect(server.reloads()).toBe(before)
  })
})
