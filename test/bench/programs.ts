import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildNode, bundleNode } from '../../scripts/build/node.ts'
import { freePort } from '../parts/free-port.ts'
import { writeConfig } from '../parts/gateway.ts'
import { startProcess } from '../parts/process.ts'
import { tempDir } from '../parts/temp-dir.ts'

export type Floor = 'hello' | 'renewal' | 'my-groups' | 'whoami' | 'webhook' | 'mail' | 'token-hook'

/** Bundles of the product and of the floors, made in the same way. */
export interface Programs {
  /** `dist/node/authlance.mjs`, as it would be deployed. */
  product: string
  floor(name: Floor): string
  /** Arguments of `node` for every server that is measured. */
  nodeArgs: string[]
}

export interface Server {
  port: number
  pid: number
  stop(): Promise<unknown>
}

/** Builds everything that the benchmark starts. @param nodeArgs such as `--cpu-prof` */
export async function buildPrograms(nodeArgs: string[]): Promise<Programs> {
  const directory = tempDir('bench')
  const names: Floor[] = ['hello', 'renewal', 'my-groups', 'whoami', 'webhook', 'mail', 'token-hook']
  await Promise.all([
    buildNode(directory),
    bundleNode(
      Object.fromEntries(names.map((name) => [name, `test/bench/floor/${name}.ts`])),
      join(directory, 'floor'),
    ),
  ])
  return {
    product: join(directory, 'node', 'authlance.mjs'),
    floor: (name) => join(directory, 'floor', `${name}.mjs`),
    nodeArgs,
  }
}

/** Starts the product as in production: its bundle, log level `info`; the log goes to the null device. @param args more of `serve` */
export async function startProduct(
  programs: Programs,
  config: Record<string, unknown>,
  args: string[] = [],
): Promise<Server> {
  const port = await freePort()
  const file = writeConfig({ ...config, debug: false, port })
  return startServer([...programs.nodeArgs, programs.product, 'serve', '--config', file, ...args], port)
}

/** Starts a floor; it writes no log. */
export async function startFloor(
  programs: Programs,
  name: Floor,
  settings: Record<string, unknown> = {},
): Promise<Server> {
  const port = await freePort()
  const args = [programs.floor(name), JSON.stringify({ ...settings, port })]
  return startServer([...programs.nodeArgs, ...args], port)
}

/** Starts `node` and answers once `/livez` does. */
export async function startServer(args: string[], port: number): Promise<Server> {
  const server = startProcess(process.execPath, args, {
    env: { NODE_ENV: 'production' },
    discardStdout: true,
  })
  await server.waitForProbe(() => isLive(port))
  return { port, pid: server.pid, stop: () => server.stop() }
}

export async function isLive(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/livez`)
  await response.body?.cancel()
  return response.status === 200
}

/** Processor seconds that a process has used; NaN where the system does not tell. */
export function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return Number.NaN
  }
}

/** Memory that a process holds, in MiB; NaN where the system does not tell. */
export function residentMiB(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return Number.NaN
  }
}
