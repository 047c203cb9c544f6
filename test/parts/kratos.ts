import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KratosConfigOptions, kratosConfig } from '../fixtures/kratos/kratos-config.ts'
import { freePort } from './free-port.ts'
import { oryBinary } from './ory-binary.ts'
import { runProcess, startProcess } from './process.ts'
import { type Restartable, restartable } from './restartable.ts'
import { tempDir } from './temp-dir.ts'

export interface KratosOptions extends Partial<Omit<KratosConfigOptions, 'dsn'>> {
  /** Holds the configuration and the database; absent, a directory that is removed when this process ends. */
  dir?: string
}

export interface Kratos extends Restartable {
  publicUrl: string
  adminUrl: string
  dir: string
}

/**
 * Starts a real Kratos on SQLite and loopback ports, ready for requests. Its cookies and links name its own public
 * address unless `publicBaseUrl` says otherwise. Mails are sent only when `courierUrl` is given.
 */
export async function startKratos(options: KratosOptions = {}): Promise<Kratos> {
  const { dir = tempDir('kratos') } = options
  const publicPort = options.publicPort ?? (await freePort())
  const adminPort = options.adminPort ?? (await freePort())
  const publicUrl = `http://127.0.0.1:${publicPort}`
  const adminUrl = `http://127.0.0.1:${adminPort}`

  const program = await oryBinary('kratos')
  const configFile = join(dir, 'kratos.json')
  const dsn = `sqlite://${join(dir, 'kratos.sqlite')}?_fk=true`
  const config = kratosConfig({
    ...options,
    publicPort,
    adminPort,
    dsn,
    publicBaseUrl: options.publicBaseUrl ?? `${publicUrl}/`,
    uiBaseUrl: options.uiBaseUrl ?? publicUrl,
  })
  const env = { SQA_OPT_OUT: 'true', DSN: dsn, LOG_LEVEL: undefined, DEV: undefined }
  writeFileSync(configFile, config, { mode: 0o600 })
  await runProcess(program, ['migrate', 'sql', 'up', '-e', '--yes', '-c', configFile], { env })

  const courier = options.courierUrl ? ['--watch-courier'] : []
  const server = await restartable(async () => {
    const kratos = startProcess(program, ['serve', '-c', configFile, ...courier], { env })
    await kratos.waitForProbe(async () => (await isReady(publicUrl)) && (await isReady(adminUrl)))
    return kratos
  })
  return Object.assign(server, { publicUrl, adminUrl, dir })
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2000) })
  await response.body?.cancel()
  return response.ok
}
