import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProcess } from './process.ts'
import { type Restartable, restartable } from './restartable.ts'
import { tempDir } from './temp-dir.ts'

export interface Gateway extends Restartable {
  /** The public API; another port after each restart. */
  readonly url: string
  readonly internalUrl: string
}

export const JWT_KEY = 'a-key-of-tests-that-is-32-bytes-long'

/** The command line of this checkout. */
export const CLI = fileURLToPath(new URL('../../cli/index.ts', import.meta.url))

export interface GatewayOptions {
  /** Arguments of `node` that start the server; default: the CLI from this checkout. */
  program?: string[]
  env?: Record<string, string>
}

/** Starts the product as its own process, from a configuration file with free ports. */
export async function startGateway(
  config: Record<string, unknown>,
  options: GatewayOptions = {},
): Promise<Gateway> {
  const { program = [CLI] } = options
  const file = writeConfig(config)

  let urls: RegExpMatchArray
  const server = await restartable(async () => {
    const started = startProcess(process.execPath, [...program, 'serve', '--config', file], {
      env: options.env,
    })
    urls = await started.waitForLine(/ready: api (\S+) internal (\S+)/)
    return started
  })
  return Object.defineProperties(server, {
    url: { get: () => urls[1] },
    internalUrl: { get: () => urls[2] },
  }) as Gateway
}

/** Writes a configuration file for loopback and free ports. @returns its path */
export function writeConfig(config: Record<string, unknown>): string {
  const file = join(tempDir('gateway'), 'config.yaml')
  const defaults = { host: '127.0.0.1', port: 0, jwtKey: JWT_KEY, debug: true }
  const mailAuth = { host: '127.0.0.1', port: 0, user: 'mail', password: 'mail-password' }
  writeFileSync(file, JSON.stringify({ ...defaults, mailAuth, ...config }))
  return file
}
