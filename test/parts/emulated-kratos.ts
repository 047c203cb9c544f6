import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAdaptorServer } from '@hono/node-server'
import { createOryEmulator } from '../../runtime/dev/ory/ory-emulator.ts'
import { freePort } from './free-port.ts'
import { tempDir } from './temp-dir.ts'

export interface EmulatedKratos {
  publicUrl: string
  adminUrl: string
  /** Refuses connections for a moment, as a Kratos does that is started again. */
  restart(): Promise<void>
  stop(): Promise<void>
}

const AWAY_MS = 400

/** The emulator of Ory on loopback ports. @param url where browsers reach the product that passes it on */
export async function startEmulatedKratos(url: string): Promise<EmulatedKratos> {
  const [publicPort, adminPort] = [await freePort(), await freePort()]
  const [publicUrl, adminUrl] = [`http://127.0.0.1:${publicPort}`, `http://127.0.0.1:${adminPort}`]
  const emulator = createOryEmulator({
    publicBaseUrl: `${url}/authlance/identity/`,
    adminBaseUrl: adminUrl,
    dataFile: `${tempDir('emulator')}/ory.sqlite`,
    uiUrls: {
      default: `${url}/`,
      login: `${url}/login`,
      registration: `${url}/register`,
      recovery: `${url}/recovery`,
      verification: `${url}/verify`,
      settings: `${url}/user/profile`,
      error: `${url}/error`,
    },
  })
  const listen = () => serve(emulator.publicFetch, publicPort)
  const admin = await serve(emulator.adminFetch, adminPort)
  let current = await listen()

  return {
    publicUrl,
    adminUrl,
    async restart() {
      await close(current)
      await sleep(AWAY_MS)
      current = await listen()
    },
    async stop() {
      await Promise.all([close(current), close(admin)])
      emulator.close()
    },
  }
}

async function serve(fetch: (request: Request) => Promise<Response>, port: number): Promise<Server> {
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return server
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}
