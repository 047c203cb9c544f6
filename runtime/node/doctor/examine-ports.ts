import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Config } from '../../../lib/config.ts'
import { type Finding, judgeOf } from '../../../lib/doctor/finding.ts'
import {
  judgeInternalHost,
  judgePort,
  judgePortPair,
  type PortState,
} from '../../../lib/doctor/judge-ports.ts'
import { ask } from './ask.ts'

const { ok } = judgeOf('ports')
const TIMEOUT_MS = 2000

/** Whether the service listens, or could. @param addresses of this host's interfaces */
export async function* examinePorts(config: Config, addresses = ownAddresses()): AsyncGenerator<Finding> {
  yield* judgePortPair(config.port, config.mailAuth.port)
  yield await examinePort('api', 'port', config.host, config.port)
  yield await examinePort('internal', 'mailAuth.port', config.mailAuth.host, config.mailAuth.port)
  yield judgeInternalHost(config.mailAuth.host, addresses)
}

async function examinePort(name: string, key: string, host: string, port: number): Promise<Finding> {
  if (port === 0) return ok(name, `${key} is 0: any free port`)
  return judgePort(name, key, `${host}:${port}`, await portState(host, port))
}

async function portState(host: string, port: number): Promise<PortState> {
  const bound = await tryToListen(host, port)
  if (bound === 'free') return { kind: 'free' }
  if (bound !== 'EADDRINUSE') return { kind: 'refused', code: bound }
  const asked = await ask(`${localUrl(host, port)}/livez`, TIMEOUT_MS)
  const alive = asked.kind === 'answer' && (asked.body as { state?: unknown } | undefined)?.state === 'up'
  return { kind: alive ? 'ours' : 'taken' }
}

/** @returns `free`, or the code of what stands against it */
function tryToListen(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve('free')))
  })
}

/** Where a listener of this host is reached from within it. */
export function localUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address))
}
