import type { Socket } from 'node:net'
import type { LoadedConfig } from '../../lib/config.ts'
import type { Inlet } from './listen.ts'
import type { RunningServer, ServeOptions } from './serve.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** The side of a worker in what it and the primary process tell each other. */
export interface WorkerLink {
  shared: NonNullable<ServeOptions['shared']>
  /** Resolves with the configuration to begin with. */
  configured: Promise<LoadedConfig>
  /** The newest configuration of the primary. */
  newest(): LoadedConfig
  /** Resolves when the primary sends no more connections. */
  stopAsked: Promise<void>
  onReload(listener: () => void): void
  /** Says that a configuration that was sent cannot be put to use. */
  refused(loaded: LoadedConfig): void
  /** Says that connections may come, and answers from this server's counts. */
  ready(server: RunningServer): void
  leave(): void
}

export function openWorkerLink(): WorkerLink {
  const takers: Partial<Record<'api' | 'internal', (socket: Socket) => void>> = {}
  const asked = new Map<number, (text: string) => void>()
  const configured = Promise.withResolvers<LoadedConfig>()
  const stop = Promise.withResolvers<void>()
  let newest: LoadedConfig
  const generations = new WeakMap<LoadedConfig, number>()
  let reload = () => {}
  let server: RunningServer | undefined
  let lastId = 0

  process.on('message', async (message: ToWorker, socket?: Socket) => {
    switch (message.kind) {
      case 'connection':
        if (socket) takers[message.listener]?.(withHalves(socket))
        break
      case 'configure':
        newest = message.loaded
        configured.resolve(newest)
        break
      case 'reload':
        newest = message.loaded
        generations.set(newest, message.generation)
        reload()
        break
      case 'announceStop':
        server?.announceStop()
        break
      case 'stop':
        stop.resolve()
        break
      case 'snapshot':
        if (server) send({ kind: 'snapshot', id: message.id, metrics: await server.metrics.snapshot() })
        break
      case 'sum':
        asked.get(message.id)?.(message.text)
        asked.delete(message.id)
        break
    }
  })

  const inletOf =
    (name: 'api' | 'internal'): Inlet =>
    (take) => {
      takers[name] = take
    }
  return {
    shared: {
      inlets: { api: inletOf('api'), internal: inletOf('internal') },
      sumMetrics: () =>
        new Promise((resolve) => {
          const id = ++lastId
          asked.set(id, resolve)
          send({ kind: 'sum', id })
        }),
    },
    configured: configured.promise,
    newest: () => newest,
    stopAsked: stop.promise,
    onReload(listener) {
      reload = listener
    },
    refused(loaded) {
      const generation = generations.get(loaded)
      if (generation !== undefined) send({ kind: 'refused', generation })
    },
    ready(running) {
      server = running
      send({ kind: 'ready' })
    },
    leave: () => send({ kind: 'leaving' }),
  }
}

/** As the sockets of an HTTP server are: a client that has sent everything still gets its answer. */
function withHalves(socket: Socket): Socket {
  socket.allowHalfOpen = true
  return socket
}

/** Without a primary there is nobody to tell, and the worker ends. */
function send(message: FromWorker): void {
  if (process.connected) process.send!(message)
}
