import { type AddressInfo, Server } from 'node:net'

export interface Address {
  host: string
  port: number
}

/** Begins to accept. @returns the port, which is another when 0 was asked for */
export async function openPort(server: Server, { host, port }: Address): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return (server.address() as AddressInfo).port
}

/** A turn of the event loop in which hardly a connection can have come unseen. */
const SHORT_TURN_MS = 1
/** Under a flood of connections, or of work, no turn is quiet. */
const LONGEST_WAIT_MS = 200

/**
 * What `server.close` does, but for ending the idle connections of HTTP at once. The kernel resets connections that it has taken and
 * nobody has accepted, and one is accepted in each turn of the event loop: so this closes right after a short turn without any.
 */
export async function stopAccepting(server: Server): Promise<void> {
  let accepted = 0
  server.on('connection', () => accepted++)
  // The rest of this turn tells nothing.
  await new Promise(setImmediate)
  const begun = performance.now()
  for (let at = begun, quiet = false; !quiet && at - begun < LONGEST_WAIT_MS; ) {
    const before = { accepted, at }
    await new Promise(setImmediate)
    at = performance.now()
    quiet = accepted === before.accepted && at - before.at < SHORT_TURN_MS
  }
  Server.prototype.close.call(server)
}

export function urlOf({ host, port }: Address): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
