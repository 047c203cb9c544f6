import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { atExit } from './at-exit.ts'
import { programPath } from './find-program.ts'
import { freePort } from './free-port.ts'
import { runProcess, startProcess } from './process.ts'
import { type Restartable, restartable } from './restartable.ts'
import { tempDir } from './temp-dir.ts'

export interface NginxOptions {
  /** The service's public API, or that of each replica. */
  apiUrl: string | string[]
  /** Variables of docker/nginx/README.md. Here no client is limited unless they say so: all tests come from one address. */
  env?: Record<string, string>
}

export interface Nginx extends Restartable {
  port: number
  url: string
  /** Where it listens for TLS, if NGINX_TLS_DIR has a certificate. */
  tlsPort: number
  /** Of the rendered configuration, the sockets' files and the temporary files. */
  dir: string
  /** The processes that serve. */
  workers(): number[]
  /** The access log so far, one parsed line each. */
  accessLog(): AccessLogLine[]
  /** Waits until the access log has such a line: nginx writes it after the answer has left. */
  logged(matches: (line: AccessLogLine) => boolean): Promise<AccessLogLine>
}

export interface AccessLogLine {
  requestId: string
  method: string
  path: string
  status: number
  [field: string]: unknown
}

const RENDER = fileURLToPath(new URL('../../docker/nginx/render.sh', import.meta.url))
const NO_LIMITS = Object.fromEntries(
  ['LOGIN', 'REGISTRATION', 'RECOVERY', 'EXCHANGE', 'CHECKOUT'].map((name) => [`NGINX_LIMIT_${name}`, 'off']),
)

/** Writes a configuration from the image's template. @throws with what `render.sh` refuses */
export async function renderNginx(file: string, env: Record<string, string>): Promise<void> {
  await runProcess(RENDER, [file], { env })
}

/** Starts nginx with the image's configuration on free loopback ports, in front of a service that may start later. */
export async function startNginx({ apiUrl, env }: NginxOptions): Promise<Nginx> {
  const dir = tempDir('nginx')
  const port = await freePort()
  const tlsPort = await freePort()
  const log = join(dir, 'access.log')
  const file = join(dir, 'nginx.conf')
  await renderNginx(file, {
    ...NO_LIMITS,
    NGINX_DIR: dir,
    NGINX_TLS_DIR: join(dir, 'no-tls'),
    NGINX_LISTEN: '127.0.0.1',
    NGINX_ACCESS_LOG: log,
    NGINX_WORKERS: '1',
    NGINX_UPSTREAMS: [apiUrl].flat().map(hostOf).join(','),
    AUTHLANCE_HTTP_PORT: String(port),
    AUTHLANCE_HTTPS_PORT: String(tlsPort),
    ...env,
  })
  const nginx = programPath('nginx')
  await runProcess(nginx, ['-t', '-q', '-e', 'stderr', '-c', file])

  let current: ReturnType<typeof startProcess>
  const running = await restartable(async () => {
    current = startProcess('/usr/bin/setsid', [nginx, '-e', 'stderr', '-c', file])
    await current.waitForProbe(() => accepts(port))
    const { pid, exit } = current
    return {
      ...current,
      kill() {
        killGroup(pid)
        return exit
      },
    }
  })
  // Workers outlive a master that is killed.
  atExit(() => killGroup(running.pid))
  const accessLog = () =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as AccessLogLine)

  return Object.defineProperties(
    {
      port,
      tlsPort,
      url: `http://127.0.0.1:${port}`,
      dir,
      workers: () => childrenOf(running.pid),
      accessLog,
      async logged(matches: (line: AccessLogLine) => boolean) {
        await current.waitForProbe(async () => accessLog().some(matches), 5000)
        return accessLog().find(matches)!
      },
    },
    Object.getOwnPropertyDescriptors(running),
  ) as Nginx
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of it has ended.
  }
}

/** As nginx names an upstream. */
function hostOf(url: string): string {
  const { host, hostname, port } = new URL(url)
  return port ? host : `${hostname}:80`
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
