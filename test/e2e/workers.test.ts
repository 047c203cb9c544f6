import { once } from 'node:events'
import { cpSync, existsSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { buildNode } from '../../scripts/build/node.ts'
import { requirePart } from '../parts/available.ts'
import { freePort } from '../parts/free-port.ts'
import { CLI, writeConfig } from '../parts/gateway.ts'
import { createDatabase } from '../parts/mariadb.ts'
import { startProcess } from '../parts/process.ts'
import { everyKind, exchange, LOAD_CONFIG, readGroups, sendMail, tokenOf } from '../parts/replica-load.ts'
import { runCli } from '../parts/run-cli.ts'
import { startLoad } from '../parts/steady-load.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { startWhoamiStub, type WhoamiStub } from '../parts/whoami-stub.ts'

const CLEAN = { code: 0, signal: null }

let kratos: WhoamiStub
beforeAll(async () => {
  kratos = await startWhoamiStub()
})
afterAll(() => kratos.close())

async function configuration(changes: Record<string, unknown> = {}) {
  return {
    ...LOAD_CONFIG,
    kratos: { url: kratos.url, adminUrl: kratos.url },
    database: await createDatabase(inject('mariadb')!),
    ...changes,
  }
}

async function start(changes: Record<string, unknown> = {}, { count = '2', program = CLI } = {}) {
  const file = writeConfig(await configuration(changes))
  const args = [program, 'serve', '--config', file, '--workers', count]
  const running = startProcess(process.execPath, args)
  const [, url, internalUrl] = await running.waitForLine(/ready: api (\S+) internal (\S+)/)
  return { ...running, file, url: url!, internalUrl: internalUrl! }
}

/** The process ids of a process's children. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

async function metric(internalUrl: string, line: RegExp): Promise<number> {
  const text = await (await fetch(`${internalUrl}/metrics`)).text()
  return Number(line.exec(text)?.[1])
}
const ADMITTED = /^authlance_session_exchanges_total\{outcome="admitted"\} (\d+)$/m

const alive = (pid: number) => existsSync(`/proc/${pid}`)

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

describe.skipIf(requirePart('mariadb') || !existsSync('/proc/self/task'))('serve --workers', () => {
  it('shares both ports, tells once that it is ready, counts for all, and stops with 0', async () => {
    const server = await start()
    expect(await childrenOf(server.pid)).toHaveLength(2)
    // Each on a connection of its own, so that both workers have some.
    for (let count = 0; count < 10; count++) {
      const answer = await fetch(`${server.url}/authlance/identity/me`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-session-token': `ada${count}`,
          connection: 'close',
        },
        body: JSON.stringify({ session: `sid-ada${count}` }),
      })
      expect(answer.status).toBe(200)
    }
    for (let scrape = 0; scrape < 4; scrape++) expect(await metric(server.internalUrl, ADMITTED)).toBe(10)
    const waiting = /^authlance_outbox_dead_events (\d+)$/m
    expect(await metric(server.internalUrl, waiting)).toBe(0)
    expect((await fetch(`${server.internalUrl}/readyz`)).status).toBe(200)
    expect(await server.stop()).toEqual(CLEAN)
    expect(server.stdout().match(/ready: /g)).toHaveLength(1)
  })

  it('starts a worker again that died, while the others lose no request and no count goes back', async () => {
    const server = await start()
    for (let count = 0; count < 6; count++) await exchange(server.url, `ada${count}`)
    expect(await metric(server.internalUrl, ADMITTED)).toBe(6)
    const before = await childrenOf(server.pid)
    process.kill(before[0]!, 'SIGKILL')
    await server.waitForLine(/"level":"error".*"signal":"SIGKILL".*ended unasked/)
    const kept = startLoad(everyKind(server.url, await tokenOf(server.url, 'bob')), { lanes: 1 })
    await server.waitForProbe(async () => (await childrenOf(server.pid)).length === 2)
    await sleep(500)
    await kept.stop()
    expect(kept.failures).toEqual([])
    expect(await metric(server.internalUrl, ADMITTED)).toBeGreaterThanOrEqual(7)
    expect(await childrenOf(server.pid)).toContain(before[1])
    expect(await server.stop()).toEqual(CLEAN)
  })

  it('answers all requests that are under way when it is stopped', async () => {
    const server = await start({ shutdown: { timeoutMs: 5000 } })
    const token = await tokenOf(server.url, 'ada')
    const answers = Array.from({ length: 40 }, (_, index) =>
      index % 2 ? readGroups(server.url, token) : exchange(server.url, `late-${index}`),
    )
    await sleep(30)
    const stopped = server.stop()
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(await stopped).toEqual(CLEAN)
  })

  it('replaces a worker that is told to stop, without a failed request', async () => {
    const server = await start()
    const token = await tokenOf(server.url, 'ada')
    const load = startLoad(everyKind(server.url, token), { lanes: 2 })
    for (const pid of await childrenOf(server.pid)) {
      process.kill(pid, 'SIGTERM')
      await server.waitForProbe(async () => !alive(pid) && (await childrenOf(server.pid)).length === 2)
      await sleep(300)
    }
    await load.stop()
    expect(load.failures).toEqual([])
    expect(server.output()).not.toMatch(/"level":"(error|warn)"/)
    expect(await server.stop()).toEqual(CLEAN)
  })

  it('passes SIGHUP on to all', async () => {
    const server = await start()
    const config = JSON.parse(await readFile(server.file, 'utf8'))
    config.mailAuth.password = 'another-password'
    writeFileSync(server.file, JSON.stringify(config))
    process.kill(server.pid, 'SIGHUP')
    const reloaded = () => server.stdout().split('"configuration reloaded"').length - 1
    await server.waitForProbe(async () => reloaded() === 2)
    for (let count = 0; count < 8; count++) {
      expect((await sendMail(server.internalUrl, 'another-password')).status).toBe(200)
    }
    writeFileSync(server.file, '{')
    process.kill(server.pid, 'SIGHUP')
    await server.waitForLine(/"level":"error".*YAML.*the one from before stays/)
    expect((await sendMail(server.internalUrl, 'another-password')).status).toBe(200)
    expect(server.stdout().match(/the one from before stays/g)).toHaveLength(1)
    expect(await server.stop()).toEqual(CLEAN)
  })

  it('gives a worker that takes the place of another the configuration that the others have', async () => {
    const server = await start()
    const config = JSON.parse(await readFile(server.file, 'utf8'))
    const replaceOne = async () => {
      const [first] = await childrenOf(server.pid)
      process.kill(first!, 'SIGKILL')
      await server.waitForProbe(async () => {
        const pids = await childrenOf(server.pid)
        return pids.length === 2 && !pids.includes(first!)
      })
      // Until it serves, the other has every connection.
      await sleep(2000)
    }
    // At once, so that each comes on a connection of its own.
    const sixMails = () =>
      Promise.all(
        Array.from({ length: 6 }, async () => {
          const { status } = await sendMail(server.internalUrl, 'not-yet-in-use-anywhere')
          return status
        }),
      )

    // Nobody has said yet that this one counts.
    config.mailAuth.password = 'not-yet-in-use-anywhere'
    writeFileSync(server.file, JSON.stringify(config))
    await replaceOne()
    expect(await sixMails()).toEqual(Array(6).fill(401))

    process.kill(server.pid, 'SIGHUP')
    await server.waitForProbe(async () => server.stdout().split('"configuration reloaded"').length === 3)
    writeFileSync(server.file, '{')
    await replaceOne()
    expect(await sixMails()).toEqual(Array(6).fill(200))
    expect(server.output().match(/ended unasked/g)).toHaveLength(2)
    expect(await server.stop()).toEqual(CLEAN)
  })

  it('gives it the one from before when the newest cannot be put to use', async () => {
    const server = await start()
    const config = JSON.parse(await readFile(server.file, 'utf8'))
    config.database.password = 'not-the-password'
    writeFileSync(server.file, JSON.stringify(config))
    process.kill(server.pid, 'SIGHUP')
    await server.waitForProbe(
      async () => server.stdout().split('cannot be put to use: the one from before stays').length === 3,
    )

    const [first] = await childrenOf(server.pid)
    process.kill(first!, 'SIGKILL')
    await server.waitForLine(/"signal":"SIGKILL".*ended unasked/)
    await server.waitForProbe(async () => (await childrenOf(server.pid)).length === 2)
    const [, fresh] = await childrenOf(server.pid)
    await sleep(2500)
    expect(await childrenOf(server.pid)).toContain(fresh)
    expect(server.output().match(/ended unasked/g)).toHaveLength(1)
    expect(await server.stop()).toEqual(CLEAN)
  })

  it('ends with 1 when the workers cannot start, or die again and again', async () => {
    const taken = createServer().listen(await freePort(), '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const file = writeConfig(await configuration({ port }))
    const stuck = startProcess(process.execPath, [CLI, 'serve', '--config', file, '--workers', '2'])
    expect(await stuck.exit).toEqual({ code: 1, signal: null })
    expect(stuck.stdout()).toMatch(/EADDRINUSE.*a port cannot be opened/)
    taken.close()

    const server = await start()
    let ended = false
    void server.exit.then(() => {
      ended = true
    })
    while (!ended) {
      for (const pid of await childrenOf(server.pid).catch(() => [])) killIfAlive(pid)
      await sleep(50)
    }
    expect(await server.exit).toEqual({ code: 1, signal: null })
    expect(server.stdout()).toContain('workers end again and again')
  })

  it('leaves no worker behind when the process that started them is killed', async () => {
    const server = await start()
    const workers = await childrenOf(server.pid)
    await server.kill()
    await expect.poll(() => workers.filter(alive), { timeout: 3000 }).toEqual([])
  })

  it('works in the bundle', async () => {
    const home = tempDir('workers-bundle')
    await buildNode(home)
    const moved = tempDir('workers-moved')
    cpSync(join(home, 'node'), moved, { recursive: true })
    const server = await start({}, { program: join(moved, 'authlance.mjs') })
    expect(await childrenOf(server.pid)).toHaveLength(2)
    expect((await exchange(server.url, 'ada')).status).toBe(200)
    expect(await metric(server.internalUrl, ADMITTED)).toBe(1)
    expect(await server.stop()).toEqual(CLEAN)
  })

  it('refuses SQLite and numbers that are none, each in one line', async () => {
    const file = writeConfig({
      ...LOAD_CONFIG,
      kratos: { url: kratos.url, adminUrl: kratos.url },
      database: { file: ':memory:' },
    })
    const sqlite = await runCli('serve', '--config', file, '--workers', '2')
    expect(sqlite.code).toBe(1)
    expect(sqlite.stderr).toMatch(/^authlance: --workers: database.file \(SQLite\) takes one process; .*$/m)
    for (const count of ['0', 'many', '1.5', '1000']) {
      const refused = await runCli('serve', '--config', file, '--workers', count)
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain('authlance: --workers needs a number from 1 to 128, or auto\n')
    }
  })
})
