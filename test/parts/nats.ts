import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { programPath } from './find-program.ts'
import { freePort } from './free-port.ts'
import { startProcess } from './process.ts'
import { type Restartable, restartable } from './restartable.ts'
import { tempDir } from './temp-dir.ts'

export interface NatsOptions {
  /** JetStream on disk; default true. */
  jetstream?: boolean
  /** Where JetStream keeps its files; absent, a directory that is removed when this process ends. */
  storeDir?: string
  /** Adds a WebSocket listener without TLS. */
  websocket?: boolean
}

export interface Nats extends Restartable {
  port: number
  url: string
  websocketUrl?: string
  storeDir: string
  /** Loses every stream and message: stops the server, removes JetStream's files and starts it again. */
  wipe(): Promise<void>
}

/**
 * Starts a nats-server on loopback ports, ready for clients. JetStream calls fsync at the server's default of two
 * minutes: a killed server loses nothing acked, a cut of power may.
 */
export async function startNats(options: NatsOptions = {}): Promise<Nats> {
  const dir = tempDir('nats')
  const storeDir = options.storeDir ?? join(dir, 'jetstream')
  const port = await freePort()
  const monitorPort = await freePort()
  const websocketPort = options.websocket ? await freePort() : undefined

  const configFile = join(dir, 'nats.conf')
  writeFileSync(configFile, configuration({ ...options, storeDir, port, monitorPort, websocketPort }))
  const health = `http://127.0.0.1:${monitorPort}/healthz`
  const running = await restartable(async () => {
    const nats = startProcess(programPath('nats-server'), ['-c', configFile])
    await nats.waitForProbe(async () => (await fetch(health, { signal: AbortSignal.timeout(2000) })).ok)
    return nats
  })

  return Object.assign(running, {
    port,
    url: `nats://127.0.0.1:${port}`,
    websocketUrl: websocketPort ? `ws://127.0.0.1:${websocketPort}` : undefined,
    storeDir,
    async wipe() {
      await running.stop()
      rmSync(storeDir, { recursive: true, force: true })
      await running.restart()
    },
  })
}

function configuration(options: {
  jetstream?: boolean
  storeDir: string
  port: number
  monitorPort: number
  websocketPort?: number
}): string {
  const { jetstream = true, storeDir, port, monitorPort, websocketPort } = options
  return [
    `listen: "127.0.0.1:${port}"`,
    `http: "127.0.0.1:${monitorPort}"`,
    jetstream ? `jetstream { store_dir: ${JSON.stringify(storeDir)} }` : '',
    websocketPort ? `websocket { host: "127.0.0.1", port: ${websocketPort}, no_tls: true }` : '',
  ].join('\n')
}
