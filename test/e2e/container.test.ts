import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { startContainer } from '../parts/container.ts'
import { writeConfig } from '../parts/gateway.ts'
import { readEvents } from '../parts/jetstream-events.ts'
import { createDatabase } from '../parts/mariadb.ts'
import { startNats } from '../parts/nats.ts'
import { tokenOf } from '../parts/replica-load.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { startWhoamiStub, vouch, type WhoamiStub } from '../parts/whoami-stub.ts'

const OLD_KEY = 'the-key-that-goes-which-has-32-bytes'
const NEW_KEY = 'the-key-that-comes-which-has-32-bytes'

/* The start script with nginx and the product itself. */

describe.skipIf(requirePart('nginx'))('the container', () => {
  let kratos: WhoamiStub
  beforeAll(async () => {
    kratos = await startWhoamiStub()
  })
  afterAll(() => kratos.close())

  const start = (config: Record<string, unknown> = {}, env: Record<string, string> = {}) => {
    const file = writeConfig({
      database: { file: `${tempDir('container')}/authlance.sqlite` },
      kratos: { url: kratos.url, adminUrl: kratos.url },
      trustedProxies: ['127.0.0.1'],
      ...config,
    })
    return startContainer({ args: ['serve', '--config', file], env })
  }
  const exchange = (url: string, name: string) =>
    fetch(`${url}/authlance/identity/me`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-session-token': name },
      body: JSON.stringify({ session: `sid-${name}` }),
    })

  it.skipIf(requirePart('nats'))(
    'finishes a slow sign-in at SIGTERM and publishes its events, exit 0',
    async () => {
      const nats = await startNats()
      const container = await start({ nats: { url: nats.url }, events: { relayIntervalMs: 60_000 } })
      await container.served()
      kratos.respondWhoami(async (request, response) => {
        await sleep(1500)
        return vouch(request, response)
      })
      const underWay = exchange(container.url, 'ada')
      await sleep(300)
      const from = performance.now()
      const { code } = await container.stop()
      kratos.respondWhoami(vouch)

      expect((await underWay).status).toBe(200)
      expect(code).toBe(0)
      expect(performance.now() - from).toBeLessThan(10_000)
      expect((await readEvents(nats.url)).map(({ subject }) => subject)).toContain('user.created')
      await nats.stop()
    },
  )

  it('signs with a new key after SIGHUP, under load and without a failed request', async () => {
    const dir = tempDir('keys')
    const files = ['first', 'former'].map((name) => join(dir, name))
    for (const file of files) writeFileSync(file, OLD_KEY)
    const container = await start({ jwtKey: undefined, jwtKey_FILE: files })
    await container.served()
    let asking = true
    const statuses: number[] = []
    const load = Promise.all(
      Array.from({ length: 3 }, async (_, client) => {
        while (asking) statuses.push((await exchange(container.url, `client${client}`)).status)
      }),
    )
    for (let i = 0; i < 3; i++) {
      await sleep(500)
      if (i === 1) writeFileSync(files[0]!, NEW_KEY)
      process.kill(container.pid, 'SIGHUP')
    }
    await sleep(1000)
    asking = false
    await load

    expect(statuses.length).toBeGreaterThan(20)
    expect(statuses.filter((status) => status !== 200)).toEqual([])
    const token = await tokenOf(container.url, 'ada')
    await jwtVerify(token, new TextEncoder().encode(NEW_KEY))
    await expect(jwtVerify(token, new TextEncoder().encode(OLD_KEY))).rejects.toThrow('signature')
    expect((await container.stop()).code).toBe(0)
  })

  it.skipIf(requirePart('mariadb'))(
    'serves with several workers, reloads them and stops them all',
    async () => {
      const database = await createDatabase(inject('mariadb')!)
      const container = await start({ database }, { AUTHLANCE_WORKERS: '2' })
      await container.served()
      const statuses = async () =>
        (await Promise.all(['ada', 'bob', 'cy', 'di'].map((name) => exchange(container.url, name)))).map(
          ({ status }) => status,
        )
      expect(await statuses()).toEqual([200, 200, 200, 200])
      process.kill(container.pid, 'SIGHUP')
      await sleep(1500)
      expect(await statuses()).toEqual([200, 200, 200, 200])

      const from = performance.now()
      expect((await container.stop()).code).toBe(0)
      expect(performance.now() - from).toBeLessThan(10_000)
    },
  )

  it('runs a subcommand alone', async () => {
    const container = await startContainer({ args: ['--version'] })
    expect((await container.exit).code).toBe(0)
    expect(container.stdout()).toMatch(/^\S*\d+\.\d+\.\d+/)
  })
})
