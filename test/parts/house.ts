import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ComposeSetup, setUpCompose } from './compose.ts'
import { freePort } from './free-port.ts'
import { CLI } from './gateway.ts'
import { installedModule, NATS_SERVER } from './go-install.ts'
import type { Database } from './mariadb.ts'
import { oryBinary } from './ory-binary.ts'
import { type RunningProcess, runProcess, startProcess } from './process.ts'

const START = fileURLToPath(new URL('../../docker/start-authlance.sh', import.meta.url))

export interface House {
  /** Where browsers are: the dashboard's pages, and `/authlance` below. */
  url: string
  /** The container's own port, behind nginx. */
  containerUrl: string
  internalUrl: string
  hydraAdminUrl: string
  nats: { servers: string; user: string; pass: string }
  adminEmail: string
  env: Record<string, string>
  /** `start-authlance.sh`. */
  container: RunningProcess
  /** Runs our command line as an operator does, beside the container. */
  runCli(args: string[]): RunningProcess
  /** A file as its program reads it here, such as `rendered/kratos/kratos.yml`. */
  fileOf(path: string): string
  natsMonitorUrl: string
  stop(): Promise<void>
}

export interface HouseOptions {
  /** A database of its own, in the place of the setup's MySQL. */
  database: Database
  /** Every path but `/authlance`: the dashboard. */
  page(request: IncomingMessage, response: ServerResponse): void
}

/**
 * Starts what `docker/compose` describes, from its own rendered files: NATS, Kratos and Hydra as programs, and what the image starts,
 * with the names of its network replaced by loopback ports. Ory's databases are SQLite, and Hydra is told that there is no TLS.
 */
export async function startHouse({ database, page }: HouseOptions): Promise<House> {
  const ports = await takePorts()
  const url = `http://127.0.0.1:${ports.front}`
  const adminEmail = 'admin@example.com'
  const setup = await setUpCompose({
    FRONTEND_URL: url,
    AUTH_URL: url,
    COOKIE_DOMAIN: '127.0.0.1',
    ADMIN_EMAIL: adminEmail,
  })
  const onLoopback = loopback(setup, ports)
  const started: RunningProcess[] = []
  const front = serveFront(ports, page)

  const nats = startProcess(installedModule(NATS_SERVER)!, [
    '-c',
    onLoopback('rendered/nats/nats.conf'),
    '-a',
    '127.0.0.1',
    '-p',
    `${ports.nats}`,
  ])
  started.push(nats)
  await Promise.all([
    nats.waitForProbe(() => isOk(`http://127.0.0.1:${ports.natsMonitor}/healthz`)),
    serveOry('kratos', onLoopback('rendered/kratos/kratos.yml'), setup, ports, started),
    serveOry('hydra', onLoopback('rendered/hydra/hydra.yml'), setup, ports, started),
  ])

  const program = ourProgram(setup.dir)
  const config = ownConfig(setup, onLoopback, ports, database)
  const container = startProcess(START, [], {
    env: {
      ...setup.env,
      AUTHLANCE_BIN: program,
      CONFIG_FILE: config,
      NGINX_DIR: join(setup.dir, 'nginx'),
      NGINX_LISTEN: '127.0.0.1',
      NGINX_TLS_DIR: join(setup.dir, 'no-tls'),
      AUTHLANCE_HTTP_PORT: String(ports.http),
      // The front, which browsers reach first.
      NGINX_TRUSTED_PROXIES: '127.0.0.1',
    },
  })
  started.push(container)
  const containerUrl = `http://127.0.0.1:${ports.http}`
  await container.waitForProbe(() => isOk(`${containerUrl}/livez`))

  return {
    url,
    containerUrl,
    internalUrl: `http://127.0.0.1:${ports.mail}`,
    hydraAdminUrl: `http://127.0.0.1:${ports.hydraAdmin}`,
    nats: { servers: `nats://127.0.0.1:${ports.nats}`, user: 'authlance', pass: setup.env.NATS_PASSWORD! },
    adminEmail,
    env: setup.env,
    container,
    runCli: (args) => startProcess(program, args, { env: { ...setup.env, CONFIG_FILE: config } }),
    fileOf: (path) => join(setup.dir, path),
    natsMonitorUrl: `http://127.0.0.1:${ports.natsMonitor}`,
    async stop() {
      front.closeAllConnections()
      await new Promise((resolve) => front.close(resolve))
      await Promise.all(started.map((program) => program.stop()))
    },
  }
}

type Ports = Awaited<ReturnType<typeof takePorts>>

async function takePorts() {
  return {
    front: await freePort(),
    http: await freePort(),
    api: await freePort(),
    mail: await freePort(),
    kratos: await freePort(),
    kratosAdmin: await freePort(),
    hydra: await freePort(),
    hydraAdmin: await freePort(),
    nats: await freePort(),
    natsMonitor: await freePort(),
  }
}

/** Rewrites a file of the setup for this machine. @returns its path */
function loopback({ dir, read }: ComposeSetup, ports: Ports): (path: string) => string {
  const places: Record<string, string> = {
    'authlance:8001': `127.0.0.1:${ports.mail}`,
    'kratos:4433': `127.0.0.1:${ports.kratos}`,
    'kratos:4434': `127.0.0.1:${ports.kratosAdmin}`,
    'hydra:4444': `127.0.0.1:${ports.hydra}`,
    'hydra:4445': `127.0.0.1:${ports.hydraAdmin}`,
    'nats:4222': `127.0.0.1:${ports.nats}`,
    'http: 8222': `http: "127.0.0.1:${ports.natsMonitor}"`,
    '/etc/config/kratos': join(dir, 'rendered/kratos'),
    'store_dir: /data': `store_dir: ${join(dir, 'jetstream')}`,
  }
  return (path) => {
    const text = Object.entries(places).reduce((all, [from, to]) => all.replaceAll(from, to), read(path))
    writeFileSync(join(dir, path), text)
    return join(dir, path)
  }
}

function ownConfig(
  setup: ComposeSetup,
  onLoopback: (path: string) => string,
  ports: Ports,
  { host, port, user, password, dbname }: HouseOptions['database'],
): string {
  const file = onLoopback('templates/authlance/config.yaml')
  const database = JSON.stringify({ host, port, user, password, dbname })
  const text = readFileSync(file, 'utf8')
    .replace('port: 8000', `port: ${ports.api}`)
    .replace('host: 0.0.0.0\n  port: 8001', `host: 127.0.0.1\n  port: ${ports.mail}`)
    .replace(/^database:\n( .*\n)+/m, `database: ${database}\n`)
  writeFileSync(file, text)
  mkdirSync(join(setup.dir, 'nginx'))
  return file
}

/** `/app/authlance`, from this checkout. */
function ourProgram(dir: string): string {
  const file = join(dir, 'authlance')
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`, { mode: 0o755 })
  return file
}

async function serveOry(
  name: 'kratos' | 'hydra',
  config: string,
  { dir, env: secrets }: ComposeSetup,
  ports: Ports,
  started: RunningProcess[],
): Promise<void> {
  const isKratos = name === 'kratos'
  const [publicPort, adminPort] = isKratos
    ? [ports.kratos, ports.kratosAdmin]
    : [ports.hydra, ports.hydraAdmin]
  const env = {
    DSN: `sqlite://${join(dir, `${name}.sqlite`)}?_fk=true`,
    SECRETS_COOKIE: secrets.KRATOS_COOKIE_SECRET,
    SECRETS_CIPHER: secrets.KRATOS_CIPHER_SECRET,
    SECRETS_SYSTEM: secrets.HYDRA_SYSTEM_SECRET,
    SERVE_PUBLIC_HOST: '127.0.0.1',
    SERVE_PUBLIC_PORT: String(publicPort),
    SERVE_ADMIN_HOST: '127.0.0.1',
    SERVE_ADMIN_PORT: String(adminPort),
    // The service that it asks is not to be reached from here.
    SELFSERVICE_METHODS_PASSWORD_CONFIG_HAVEIBEENPWNED_ENABLED: 'false',
    SQA_OPT_OUT: 'true',
    DEV: undefined,
    LOG_LEVEL: 'error',
  }
  const program = await oryBinary(name)
  await runProcess(program, ['migrate', 'sql', 'up', '-e', '--yes', '-c', config], { env })
  const command = isKratos ? ['serve', '--watch-courier'] : ['serve', 'all', '--dev']
  const server = startProcess(program, [...command, '-c', config], { env })
  started.push(server)
  await server.waitForProbe(() => isOk(`http://127.0.0.1:${adminPort}/health/ready`))
}

async function isOk(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
  await response.body?.cancel()
  return response.ok
}

/** What ends TLS and serves the dashboard in a real installation. */
function serveFront(ports: Ports, page: HouseOptions['page']) {
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url!.startsWith('/authlance/')) return page(incoming, outgoing)
    const headers = { ...incoming.headers, 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'http' }
    const { method, url: path } = incoming
    const passed = request({ host: '127.0.0.1', port: ports.http, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.rawHeaders)
      answer.pipe(outgoing)
    })
    passed.once('error', () => outgoing.destroy())
    incoming.pipe(passed)
  })
  return server.listen(ports.front, '127.0.0.1')
}
