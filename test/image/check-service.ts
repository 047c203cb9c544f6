import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import type { Image } from './build-image.ts'
import type { Checks } from './checks.ts'
import type { Container, ContainerProcess } from './container.ts'
import { signInThrough } from './sign-in.ts'
import type { Surroundings } from './surroundings.ts'

/** That the image's own entry point serves people, keeps to its user and its directories, and stops. */
export async function checkService(
  { check }: Checks,
  container: Container,
  { entrypoint, healthCheck, user }: Image,
  { url, internalUrl, env, database }: Surroundings,
): Promise<void> {
  const startedAt = performance.now()
  const service = container.start(entrypoint, env)
  const answers = async () => (await fetch(`${url}/livez`)).status === 200
  await check(`starts with a root that cannot be written, on ${database}`, async () => {
    await service.waitForProbe(answers, 30_000)
    return `answers after ${Math.round(performance.now() - startedAt)} ms`
  })

  await check('runs as the unprivileged user, without a way up', () => {
    const processes = service.processes()
    for (const { command, status } of processes) {
      const [uid, gid] = [status.Uid, status.Gid].map((ids) => [...new Set(ids?.split('\t'))].join())
      assert.equal(`${uid}:${gid}`, user, command)
      assert(Number(uid) > 0 && Number(gid) > 0, `${command} runs as root`)
      assert.deepEqual(
        [Number(`0x${status.CapEff}`), Number(`0x${status.CapBnd}`), status.NoNewPrivs],
        [0, 0, '1'],
        command,
      )
    }
    assert(processes.some(({ command }) => command.includes('nginx')))
    assert(processes.some(({ command }) => command.includes('authlance')))
    return `${processes.length} processes, ${megabytes(memoryOf(service))} of memory`
  })

  await check('writes to /tmp and /app/data alone', async () => {
    const script =
      'for d in / /app /app/config /app/dist/node /etc /run /var/log /var/lib/nginx /usr; do touch $d/x && echo $d; done'
    const { output } = await container.run([
      '/bin/bash',
      '-c',
      `${script}; touch /tmp/x /app/data/x && rm /tmp/x /app/data/x && echo rest`,
    ])
    assert.deepEqual(
      output.split('\n').filter((line) => line && !line.includes('Read-only file system')),
      ['rest'],
    )
    return undefined
  })

  await check('its health check succeeds', async () => {
    const { code, output } = await container.run(healthCheck, env)
    assert.equal(code, 0, output)
    return undefined
  })

  await check('a person signs up, in by app and browser, and reads a profile, through nginx', () =>
    signInThrough(url),
  )

  await check('the internal port is its own', async () => {
    assert.equal((await fetch(`${internalUrl}/metrics`)).status, 200)
    for (const path of ['/metrics', '/authlance/../metrics', '/authlance/identity/email', '/readyz']) {
      assert.equal(await statusOf(url, path), 404, path)
    }
    return undefined
  })

  await check('goes on after SIGHUP', async () => {
    service.signal('SIGHUP')
    return signInThrough(url)
  })

  await check('logs neither a token nor a cookie', () => {
    const output = service.output()
    assert.match(output, /"path":"\/authlance\/identity\/me"/)
    assert.doesNotMatch(output, /ory_st_|eyJ|csrf_token=|ory_kratos_session=|flow=/)
    return undefined
  })

  await check('stops within 10 s of SIGTERM and leaves nothing', async () => {
    const { exit, ms } = await stopBy(service, () => service.signal('SIGTERM'))
    assert.deepEqual(exit, { code: 0, signal: null }, service.output().slice(-2000))
    assert(ms < 10_000, `${ms} ms`)
    assert.deepEqual(service.processes(), [])
    await assert.rejects(fetch(`${url}/livez`))
    assert.notEqual((await container.run(healthCheck, env)).code, 0)
    return `${ms} ms`
  })

  await check('with two workers: starts, signs people in and stops', async () => {
    const workers = container.start(entrypoint, { ...env, AUTHLANCE_WORKERS: '2' })
    await workers.waitForProbe(answers, 30_000)
    const count = workers.processes().filter(({ command }) => /authlance.*serve/.test(command)).length
    assert(count >= 3, `${count} processes of the service`)
    await signInThrough(url)
    const memory = megabytes(memoryOf(workers))
    const { exit, ms } = await stopBy(workers, () => workers.signal('SIGTERM'))
    assert.deepEqual(exit, { code: 0, signal: null }, workers.output().slice(-2000))
    return `${count} processes of the service, ${memory} of memory in all, ${ms} ms to stop`
  })

  for (const victim of ['nginx: master', 'node']) {
    await check(`ends when ${victim.split(':')[0]} dies unasked`, async () => {
      const other = container.start(entrypoint, env)
      await other.waitForProbe(answers, 30_000)
      const found = other.processes().find(({ command }) => command.includes(victim))
      assert(found, 'it does not run')
      const { exit, ms } = await stopBy(other, () => process.kill(found.pid, 'SIGKILL'))
      assert(exit.code !== 0 && ms < 2000, `exit code ${exit.code} after ${ms} ms`)
      return `exit code ${exit.code} after ${ms} ms`
    })
  }
}

async function stopBy(running: ContainerProcess, deed: () => void) {
  const startedAt = performance.now()
  deed()
  const exit = await Promise.race([
    running.exit,
    new Promise<undefined>((resolve) => setTimeout(resolve, 15_000, undefined)),
  ])
  const ms = Math.round(performance.now() - startedAt)
  return { exit: exit ?? (await running.kill()), ms }
}

/** Shared pages are counted once. */
function memoryOf(service: ContainerProcess): number {
  return service
    .processes()
    .map(({ pid }) => /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1])
    .reduce((sum, kilobytes) => sum + Number(kilobytes) * 1024, 0)
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}

/** Of a GET whose path is sent as it stands, where fetch would tidy it up. */
function statusOf(url: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    get({ hostname, port, path, agent: false }, (answer) => resolve(answer.resume().statusCode)).on(
      'error',
      reject,
    )
  })
}
