import type { Worker } from 'node:cluster'
import { createServer, type Socket } from 'node:net'
import type { Config } from '../../lib/config.ts'
import { type Address, openPort, stopAccepting, urlOf } from './port.ts'
import type { ListenerName } from './serve.ts'
import type { ToWorker } from './worker-messages.ts'

/** The ports of a primary process, whose workers take the connections by turns. */
export interface SharedPorts {
  url: string
  internalUrl: string
  /** Hands over what has waited for a worker. */
  retry(): void
  /** Accepts no more; every connection is on its way to a worker when it resolves. */
  close(): Promise<void>
}

interface Visitor {
  listener: ListenerName
  socket: Socket
}

/** Opens both ports. @param serving the workers of the moment */
export async function sharePorts(config: Config, serving: () => Worker[]): Promise<SharedPorts> {
  const waiting: Visitor[] = []
  let turn = 0

  function handOver({ listener, socket }: Visitor): void {
    if (socket.destroyed) return
    const workers = serving().filter((worker) => worker.isConnected())
    const worker = workers[turn++ % workers.length]
    if (!worker) return void waiting.push({ listener, socket })
    // What a worker does not get, because it has just died, another may.
    worker.send({ kind: 'connection', listener } satisfies ToWorker, socket, (error) => {
      if (error) handOver({ listener, socket })
    })
  }

  async function open(listener: ListenerName, address: Address) {
    const server = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, (socket) => {
      socket.on('error', () => socket.destroy())
      handOver({ listener, socket })
    })
    const port = await openPort(server, address)
    return { url: urlOf({ ...address, port }), close: () => stopAccepting(server) }
  }

  const api = await open('api', config)
  const internal = await open('internal', config.mailAuth)
  return {
    url: api.url,
    internalUrl: internal.url,
    retry: () => {
      for (const visitor of waiting.splice(0)) handOver(visitor)
    },
    async close() {
      await Promise.all([api.close(), internal.close()])
    },
  }
}
