import { secretValues } from '../../lib/config/secrets.ts'
import { parseConfig } from '../../lib/config.ts'
import { createLog } from '../../runtime/node/log.ts'
import { type RunningServer, type ServeOptions, serve } from '../../runtime/node/serve.ts'
import { JWT_KEY } from './gateway.ts'

export interface LocalServer extends RunningServer {
  /** What the log has said so far, one parsed line each. */
  logLines(): { level: string; msg?: string; [field: string]: unknown }[]
}

/** Starts the product within this process on free loopback ports: for what a test wants to look into. */
export async function startLocalServer(
  config: Record<string, unknown>,
  options: Omit<ServeOptions, 'log'> = {},
): Promise<LocalServer> {
  const defaults = { host: '127.0.0.1', port: 0, jwtKey: JWT_KEY, debug: true, mailAuth: { port: 0 } }
  const { config: parsed } = parseConfig({ ...defaults, ...config }, { env: {} })
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const log = createLog(parsed.log.level, secretValues(parsed), destination)
  const server = await serve(parsed, { ...options, log })
  return { ...server, logLines: () => lines.map((line) => JSON.parse(line)) }
}
