import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { pause } from '../../lib/async/pause.ts'

/**
 * How long a connection has to say nothing, after the end was announced, before it is taken for unused. A proxy under load uses up
 * what it has within this time, since each answer is the last on its connection; then it finds that nothing accepts any more.
 */
const UNUSED_MS = 500
const SWEEP_MS = 25

interface Connection {
  /** What is being answered. */
  response: ServerResponse | undefined
  /** When it was opened, answered, or last heard of, in milliseconds of the performance clock; kept once the end was announced. */
  quietSince: number
  bytesRead: number
}

/**
 * Ends connections without a race: each answer from then on says that it is the last, so that the other side lets go; only what
 * stays unused is closed. A connection that is closed while the next request is on its way fails that request, and proxies repeat
 * no POST. `server.close` alone closes every idle connection at once, and waits for browsers' unused ones.
 */
export interface Connections {
  /** Resolves when no connection is left. */
  end(): Promise<void>
  /** Closes what is left. @returns how many requests have no answer yet */
  cut(): number
}

function begunQuiet(socket: Socket, connection: Connection): void {
  connection.quietSince = performance.now()
  connection.bytesRead = socket.bytesRead
}

/** @param server has no connection yet */
export function trackConnections(server: Server): Connections {
  // One entry for each connection and none for each request: tables that gain and lose an entry with each request keep their dead
  // entries from being collected while they are young.
  const current = new Map<Socket, Connection>()
  let ending = false
  const ended = Promise.withResolvers<void>()
  const lookForEnd = () => {
    if (current.size === 0) ended.resolve()
  }

  server.on('connection', (socket) => {
    const connection = { response: undefined, quietSince: 0, bytesRead: 0 }
    current.set(socket, connection)
    if (ending) begunQuiet(socket, connection)
    socket.once('close', () => {
      current.delete(socket)
      if (ending) lookForEnd()
    })
  })
  server.prependListener('request', ({ socket }, response) => {
    if (ending) response.setHeader('connection', 'close')
    const connection = current.get(socket)
    if (!connection) return
    connection.response = response
    response.once('close', () => {
      if (connection.response !== response) return
      connection.response = undefined
      if (ending) begunQuiet(socket, connection)
    })
  })

  /** Looks at the sockets before each that it closes, so that a request that has arrived is not overlooked. */
  async function sweep(): Promise<void> {
    for (const [socket, connection] of current) {
      if (connection.response) continue
      if (socket.bytesRead !== connection.bytesRead) begunQuiet(socket, connection)
      else if (connection.quietSince + UNUSED_MS <= performance.now()) {
        socket.destroy()
        await new Promise(setImmediate)
      }
    }
  }

  async function sweepUntilEnd(): Promise<void> {
    while (current.size > 0) {
      await pause(SWEEP_MS)
      await new Promise(setImmediate)
      await sweep()
    }
  }

  return {
    async end() {
      ending = true
      for (const [socket, connection] of current) {
        const { response } = connection
        if (response && !response.headersSent) response.setHeader('connection', 'close')
        begunQuiet(socket, connection)
      }
      void sweepUntilEnd()
      lookForEnd()
      await ended.promise
    },
    cut() {
      let unanswered = 0
      for (const [socket, { response }] of current) {
        if (response) unanswered++
        socket.destroy()
      }
      return unanswered
    },
  }
}
