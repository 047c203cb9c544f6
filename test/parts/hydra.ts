import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type HydraConfigOptions, hydraConfig } from '../fixtures/hydra/hydra-config.ts'
import { freePort } from './free-port.ts'
import { oryBinary } from './ory-binary.ts'
import { runProcess, startProcess } from './process.ts'
import { type Restartable, restartable } from './restartable.ts'
import { tempDir } from './temp-dir.ts'

export interface HydraOptions extends Partial<Omit<HydraConfigOptions, 'dsn'>> {
  /** Holds the configuration and the database; absent, a directory that is removed when this process ends. */
  dir?: string
  /** Passes `--dev`, which lets issuer, cookies and redirects go without TLS; true unless told otherwise. */
  dev?: boolean
}

export interface Hydra extends Restartable {
  publicUrl: string
  adminUrl: string
  dir: string
}

/**
 * Starts a real Hydra on SQLite and loopback ports, ready for requests. Its issuer is its own public address, and login,
 * consent and logout are pages below it that nobody serves, unless the options say otherwise.
 */
export async function startHydra(options: HydraOptions = {}): Promise<Hydra> {
  const { dir = tempDir('hydra'), dev = true } = options
  const publicPort = options.publicPort ?? (await freePort())
  const adminPort = options.adminPort ?? (await freePort())
  const publicUrl = `http://127.0.0.1:${publicPort}`
  const adminUrl = `http://127.0.0.1:${adminPort}`

  const program = await oryBinary('hydra')
  const configFile = join(dir, 'hydra.json')
  const dsn = `sqlite://${join(dir, 'hydra.sqlite')}?_fk=true`
  const config = hydraConfig({
    ...options,
    publicPort,
    adminPort,
    dsn,
    issuerUrl: options.issuerUrl ?? publicUrl,
    loginUrl: options.loginUrl ?? `${publicUrl}/ui/login`,
    consentUrl: options.consentUrl ?? `${publicUrl}/ui/consent`,
    logoutUrl: options.logoutUrl ?? `${publicUrl}/ui/logout`,
  })
  const env = { SQA_OPT_OUT: 'true', DSN: dsn, LOG_LEVEL: undefined, DEV: undefined }
  writeFileSync(configFile, config, { mode: 0o600 })
  await runProcess(program, ['migrate', 'sql', 'up', '-e', '--yes', '-c', configFile], { env })

  const server = await restartable(async () => {
    const hydra = startProcess(program, ['serve', 'all', '-c', configFile, ...(dev ? ['--dev'] : [])], {
      env,
    })
    await hydra.waitForProbe(async () => (await isReady(publicUrl)) && (await isReady(adminUrl)))
    return hydra
  })
  return Object.assign(server, { publicUrl, adminUrl, dir })
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2000) })
  await response.body?.cancel()
  return response.ok
}
