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

/** What `server.close` does, but for ending the idle connections of HTTP at once. */
export async function stopAccepting(server: Server): Promise<void> {
  // Right after a turn of accepting: the kernel resets connections that it has taken and nobody has accepted.
  await new Promise(setImmediate)
  Server.prototype.close.call(server)
}

export function urlOf({ host, port }: Address): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
