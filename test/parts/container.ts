import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { freePort } from './free-port.ts'
import { CLI } from './gateway.ts'
import { type RunningProcess, startProcess } from './process.ts'
import { tempDir } from './temp-dir.ts'

/** docker/start-authlance.sh, with all that it starts. */
export interface Container extends RunningProcess {
  url: string
  port: number
  /** Of nginx's files. */
  dir: string
  /** The master process of nginx. */
  nginxPid(): number
  /** Waits until requests are served. */
  served(): Promise<void>
}

export interface ContainerOptions {
  args?: string[]
  env?: Record<string, string>
  /** What stands for /app/authlance; default: the command line of this checkout. */
  program?: string
  /** What the script is an argument of. */
  within?: string[]
}

export const PRETEND = fileURLToPath(new URL('./pretend-service.ts', import.meta.url))
const START = fileURLToPath(new URL('../../docker/start-authlance.sh', import.meta.url))
const LIMITS_OFF = { NGINX_LIMIT_EXCHANGE: 'off', NGINX_LIMIT_LOGIN: 'off' }

/** Runs the container's start script for the running test, with nginx on a free loopback port. */
export async function startContainer(options: ContainerOptions = {}): Promise<Container> {
  const { args = [], env, program = CLI, within = [] } = options
  const dir = join(tempDir('container'), 'nginx')
  const authlance = join(tempDir('container'), 'authlance')
  writeFileSync(authlance, `#!/bin/bash\nexec ${process.execPath} ${program} "$@"\n`, { mode: 0o755 })
  const port = await freePort()
  const [command, ...rest] = [...within, START, ...args] as [string, ...string[]]
  const running = startProcess(command, rest, {
    env: {
      ...LIMITS_OFF,
      AUTHLANCE_BIN: authlance,
      AUTHLANCE_HTTP_PORT: String(port),
      NGINX_DIR: dir,
      NGINX_LISTEN: '127.0.0.1',
      NGINX_TLS_DIR: join(dir, 'tls'),
      ...env,
    },
  })
  onTestFinished(async () => {
    await running.stop()
  })
  const url = `http://127.0.0.1:${port}`
  return Object.assign(running, {
    url,
    port,
    dir,
    nginxPid: () => Number(readFileSync(join(dir, 'nginx.pid'), 'utf8')),
    served: () => running.waitForProbe(async () => (await fetch(`${url}/livez`)).ok),
  })
}

export function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`)
}
