import type { TestProject } from 'vitest/node'
import { isAvailable } from './available.ts'
import { startKratos } from './kratos.ts'
import { type DatabaseServer, startMariaDb } from './mariadb.ts'
import { startNats } from './nats.ts'
import { startStripeMock } from './stripe-mock.ts'

/** Servers that the whole test run shares, read by `inject`; undefined where the part is missing. */
declare module 'vitest' {
  interface ProvidedContext {
    /** Make a database of your own on it with `createDatabase`. */
    mariadb: DatabaseServer | undefined
    /** With JetStream and a WebSocket listener. Use subjects and streams of your own. */
    nats: { url: string; websocketUrl: string } | undefined
    /** Its cookies and links name its own public address. */
    kratos: { publicUrl: string; adminUrl: string } | undefined
    /** Checks requests against Stripe's OpenAPI. */
    stripeMock: { url: string } | undefined
  }
}

/** Starts the shared servers before the first test file; a suite that kills servers starts its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [mariadb, nats, kratos, stripeMock] = await Promise.all([
    isAvailable('mariadb') ? startMariaDb() : undefined,
    isAvailable('nats') ? startNats({ websocket: true }) : undefined,
    isAvailable('kratos') ? startKratos() : undefined,
    isAvailable('stripe-mock') ? startStripeMock() : undefined,
  ])

  project.provide('mariadb', mariadb && pick(mariadb, ['host', 'port', 'user', 'password']))
  project.provide('nats', nats && { url: nats.url, websocketUrl: nats.websocketUrl! })
  project.provide('kratos', kratos && pick(kratos, ['publicUrl', 'adminUrl']))
  project.provide('stripeMock', stripeMock && pick(stripeMock, ['url']))
  return async () => {
    await Promise.all([mariadb, nats, kratos, stripeMock].map((server) => server?.stop()))
  }
}

function pick<T, K extends keyof T>(from: T, keys: K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, K>
}
