import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { makeCertificate } from '../parts/certificate.ts'
import {
  type Container,
  type ContainerOptions,
  isRunning,
  PRETEND,
  startContainer,
} from '../parts/container.ts'
import { freePort } from '../parts/free-port.ts'

const start = (options: ContainerOptions = {}) => startContainer({ program: PRETEND, ...options })
const pidOf = (container: Container) => Number(/"pid":(\d+)/.exec(container.stdout())![1])

/** How the script ends, and after how many milliseconds. */
async function ended(container: Container, cause: () => void) {
  const from = performance.now()
  cause()
  const { code } = await container.exit
  return { code, afterMs: performance.now() - from }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

function statusOverTls(port: number, ca: Buffer): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get(
      { host: 'localhost', family: 4, port, path: '/livez', ca, agent: false },
      (response) => {
        response.resume()
        resolve(response.statusCode)
      },
    )
    request.on('error', () => resolve(undefined))
  })
}

const signal = (container: Container, name: NodeJS.Signals) => () => void process.kill(container.pid, name)

describe.skipIf(requirePart('nginx'))('start-authlance.sh', () => {
  it('has nginx accept once the service is ready, and writes the lines of both', async () => {
    const container = await start({ env: { READY_AFTER_MS: '500' } })
    await container.waitForLine(/"pid"/)
    await expect(fetch(`${container.url}/livez`)).rejects.toThrow()
    expect(container.output()).not.toContain('ready:')

    await container.served()
    await fetch(`${container.url}/authlance/x?code=secret`)
    await container.waitForLine(/"log":"nginx".*"path":"\/authlance\/x"/)
    expect(container.stdout()).toMatch(/^ready: api /m)
  })

  it.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)(
    '%s: what is under way is finished, exit 0',
    async (name) => {
      const container = await start()
      await container.served()
      const slow = fetch(`${container.url}/authlance/slow?ms=1500`).then((response) => response.text())
      await sleep(200)
      const { code, afterMs } = await ended(container, signal(container, name))

      expect(await slow).toBe('ok')
      expect(code).toBe(0)
      expect(afterMs).toBeLessThan(5000)
      expect(container.stdout()).toContain('got SIGTERM')
      expect(isRunning(pidOf(container))).toBe(false)
      await expect(fetch(container.url)).rejects.toThrow()
    },
  )

  it('leaves the service to accept until nginx has passed its last request on', async () => {
    const container = await start()
    await container.served()
    const slow = fetch(`${container.url}/authlance/slow?ms=300`).then((response) => response.text())
    await sleep(100)
    const from = performance.now()
    signal(container, 'SIGTERM')()
    await container.waitForLine(/got SIGTERM/)

    expect(performance.now() - from).toBeGreaterThan(100)
    expect(await slow).toBe('ok')
  })

  it('ends within its limit although the service does not, and says so by its exit code', async () => {
    const container = await start({ env: { DEAF: '1', AUTHLANCE_STOP_SECONDS: '2' } })
    await container.served()
    const { code, afterMs } = await ended(container, signal(container, 'SIGTERM'))

    expect(code).toBe(1)
    expect(afterMs).toBeGreaterThan(1500)
    expect(afterMs).toBeLessThan(3000)
    expect(isRunning(pidOf(container))).toBe(false)
  })

  it('is stopped before the service is ready', async () => {
    const container = await start({ env: { READY_AFTER_MS: '20000' } })
    await container.waitForLine(/"pid"/)
    const { code, afterMs } = await ended(container, signal(container, 'SIGTERM'))

    expect(code).toBe(0)
    expect(afterMs).toBeLessThan(2000)
  })

  it('is stopped at any moment of its start', async () => {
    for (let attempt = 0; attempt < 8; attempt++) {
      const container = await start()
      // The service says that it is ready about here, and nginx starts.
      await container.waitForLine(attempt % 2 ? /ready:/ : /"pid"/)
      await sleep(attempt * 8)
      const { code, afterMs } = await ended(container, signal(container, 'SIGTERM'))

      expect([code, afterMs < 3000], container.output()).toEqual([0, true])
      expect(isRunning(pidOf(container))).toBe(false)
      await expect(fetch(container.url)).rejects.toThrow()
    }
  })

  it.each([
    [7, 7],
    [0, 1],
  ])(
    'when the service ends by itself with %i, nginx is stopped and the exit code is %i',
    async (said, expected) => {
      const container = await start()
      await container.served()
      const nginx = container.nginxPid()
      const { code, afterMs } = await ended(container, () => {
        fetch(`${container.url}/authlance/exit?code=${said}`).catch(() => undefined)
      })
      expect(code).toBe(expected)
      expect(afterMs).toBeLessThan(2000)
      expect(isRunning(nginx)).toBe(false)
      await expect(fetch(container.url)).rejects.toThrow()
    },
  )

  it('when the service is killed, the exit code says so', async () => {
    const container = await start()
    await container.served()
    const { code, afterMs } = await ended(container, () => process.kill(pidOf(container), 'SIGKILL'))
    expect([code, afterMs < 2000]).toEqual([137, true])
  })

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'when nginx ends by %s, all of it and the service are stopped',
    async (name) => {
      const container = await start({ env: { DEAF: '1' } })
      await container.served()
      const { code, afterMs } = await ended(container, () => process.kill(container.nginxPid(), name))

      expect(code).not.toBe(0)
      expect(afterMs).toBeLessThan(2000)
      expect(isRunning(pidOf(container))).toBe(false)
      await expect(fetch(container.url)).rejects.toThrow()
    },
  )

  it('ends with the code of a service that cannot start', async () => {
    const container = await start({ args: ['serve', '--config', '/nowhere.yaml'], program: '/nowhere.ts' })
    expect((await container.exit).code).toBe(1)
    expect(container.output()).toContain('the service has ended unasked')
  })

  it('ends when the settings of nginx are not usable, and names what is wrong', async () => {
    const container = await start({ env: { NGINX_MAX_BODY: '1m; }' } })
    expect((await container.exit).code).not.toBe(0)
    expect(container.stderr()).toContain('NGINX_MAX_BODY: expected a size')
    expect(isRunning(pidOf(container))).toBe(false)
  })

  it('SIGHUP reaches the service, leaves nginx with nothing new alone and drops no request', async () => {
    const container = await start()
    await container.served()
    const workers = childrenOf(container.nginxPid())
    let asking = true
    const statuses: number[] = []
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (asking) statuses.push((await fetch(`${container.url}/authlance/slow?ms=20`)).status)
      }),
    )
    for (let reloads = 1; reloads <= 3; reloads++) {
      signal(container, 'SIGHUP')()
      await expect.poll(() => container.stdout().match(/reloaded/g)?.length).toBe(reloads)
      await sleep(300)
    }
    asking = false
    await load

    expect(statuses.length).toBeGreaterThan(20)
    expect(statuses.filter((status) => status !== 200)).toEqual([])
    expect(childrenOf(container.nginxPid())).toEqual(workers)
  })

  it('SIGHUP has nginx take a certificate that was mounted or renewed', async () => {
    const httpsPort = await freePort()
    const container = await start({ env: { AUTHLANCE_HTTPS_PORT: String(httpsPort) } })
    await container.served()
    for (let renewals = 0; renewals < 2; renewals++) {
      const { certificate } = await makeCertificate()
      cpSync(dirname(certificate), join(container.dir, 'tls'), { recursive: true })
      signal(container, 'SIGHUP')()

      const ca = readFileSync(certificate)
      await expect.poll(() => statusOverTls(httpsPort, ca), { timeout: 5000 }).toBe(200)
    }
  })

  it('SIGHUP before the service is ready reaches it once it is', async () => {
    const container = await start({ env: { READY_AFTER_MS: '500' } })
    await container.waitForLine(/"pid"/)
    signal(container, 'SIGHUP')()
    await container.served()
    await container.waitForLine(/reloaded/)
  })

  it('SIGHUP with a broken certificate leaves nginx as it was', async () => {
    const container = await start()
    await container.served()
    const tls = join(container.dir, 'tls')
    mkdirSync(tls)
    for (const name of ['tls.crt', 'tls.key']) writeFileSync(join(tls, name), 'nonsense')
    signal(container, 'SIGHUP')()
    await container.waitForLine(/nginx keeps its configuration/)

    expect((await fetch(`${container.url}/livez`)).status).toBe(200)
  })

  it('becomes a subcommand, with its arguments and its exit code', async () => {
    const container = await start({ args: ['stripe-webhook', '5', '--config', 'a "b" $c'] })
    expect((await container.exit).code).toBe(5)
    const said = JSON.parse(container.stdout())
    expect(said.args).toEqual(['stripe-webhook', '5', '--config', 'a "b" $c'])
    expect(said.pid).toBe(container.pid)
  })

  it('passes on the options of serve, and the number of workers', async () => {
    const container = await start({ args: ['serve', '--config', 'c.yaml'], env: { AUTHLANCE_WORKERS: '3' } })
    await container.waitForLine(/"pid"/)
    expect(JSON.parse(container.stdout().split('\n')[0]!).args).toEqual([
      ...['serve', '--workers', '3', '--config', 'c.yaml'],
    ])
  })

  it('refuses a limit that is no number', async () => {
    const container = await start({ env: { AUTHLANCE_STOP_SECONDS: '1m' } })
    expect((await container.exit).code).toBe(2)
    expect(container.stderr()).toContain('AUTHLANCE_STOP_SECONDS: expected')
  })

  it.skipIf(requirePart('root'))('as the first process it reaps what others leave behind', async () => {
    const container = await start({
      within: ['/usr/bin/unshare', '--pid', '--fork', '--mount-proc', '--kill-child'],
    })
    await container.served()
    const zombies = async () => Number(await (await fetch(`${container.url}/authlance/zombies`)).text())
    for (let i = 0; i < 20; i++) await fetch(`${container.url}/authlance/orphan`)

    await expect.poll(zombies, { timeout: 5000 }).toBe(0)
    await sleep(300)
    expect(await zombies()).toBe(0)

    const { code, afterMs } = await ended(container, () =>
      process.kill(childrenOf(container.pid)[0]!, 'SIGTERM'),
    )
    expect([code, afterMs < 3000]).toEqual([0, true])
  })
})
