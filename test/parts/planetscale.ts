import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createPool } from 'mysql2/promise'
import type { Database } from './mariadb.ts'
import { createSessions, newSession, type Session } from './planetscale-sessions.ts'

export interface PlanetScaleStandIn {
  /** With user name and password in it, as `@planetscale/database` wants a plain-http `url`. */
  url: string
  host: string
  username: string
  password: string
  stop(): Promise<void>
}

export interface PlanetScaleOptions {
  /** How long a transaction may last before it is rolled back; PlanetScale's limit of 20 s is the default. */
  transactionTimeoutMs?: number
}

/**
 * Speaks PlanetScale's HTTP API over a MySQL-compatible database: sessions, one connection per transaction, Vitess's
 * type names and error words. It does not imitate sharding, row limits or TLS.
 */
export async function startPlanetScaleStandIn(
  db: Database,
  { transactionTimeoutMs = 20_000 }: PlanetScaleOptions = {},
): Promise<PlanetScaleStandIn> {
  const { host, port, user, password: dbPassword, dbname } = db
  const pool = createPool({ host, port, user, password: dbPassword, database: dbname, connectionLimit: 40 })
  const sessions = createSessions(pool, dbname, transactionTimeoutMs)

  const username = 'planetscale'
  const password = randomBytes(12).toString('hex')
  const authorization = `Basic ${btoa(`${username}:${password}`)}`

  async function answer(request: IncomingMessage, body: string): Promise<[status: number, body: unknown]> {
    if (request.headers.authorization !== authorization)
      return refusal(401, 'UNAUTHENTICATED', 'unauthorized')
    switch (`${request.method} ${request.url}`) {
      case 'POST /psdb.v1alpha1.Database/CreateSession':
        return [200, { session: newSession() }]
      case 'POST /psdb.v1alpha1.Database/Execute': {
        const { query, session } = JSON.parse(body) as { query: string; session: Session | null }
        return [200, await sessions.execute(query, session ?? undefined)]
      }
      default:
        return refusal(404, 'NOT_FOUND', 'no such method')
    }
  }

  const server = createServer(async (request, response) => {
    const [status, body] = await text(request)
      .then((sent) => answer(request, sent))
      .catch((error) => refusal(500, 'INTERNAL', String(error)))
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))

  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `http://${username}:${password}@${address}`,
    host: address,
    username,
    password,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      sessions.close()
      await pool.end()
    },
  }
}

function refusal(status: number, code: string, message: string): [number, unknown] {
  return [status, { error: { code, message } }]
}
