import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { parseConfig } from '../../../lib/config.ts'
import { migrate } from '../../../lib/db/migrate.ts'
import { openDatabase } from '../../../runtime/node/database.ts'
import { startEdge } from '../../parts/edge.ts'
import { freePort } from '../../parts/free-port.ts'
import { JWT_KEY } from '../../parts/gateway.ts'
import { readEvents } from '../../parts/jetstream-events.ts'
import { startKratos } from '../../parts/kratos.ts'
import { kratosAdmin } from '../../parts/kratos-admin.ts'
import { createDatabase } from '../../parts/mariadb.ts'
import { startPlanetScaleStandIn } from '../../parts/planetscale.ts'
import { startSuiteStripe } from './suite-stripe.ts'
import { SUITE_CONFIG, type Transport } from './transport.ts'

/** The built workers in workerd, with the stand-in of PlanetScale, NATS over WebSocket and a real Kratos. */
export async function startEdgeTransport(workers: 'all' | 'routes'): Promise<Transport> {
  const port = await freePort()
  const kratos = await startKratos({ publicBaseUrl: `http://127.0.0.1:${port}/authlance/identity/` })
  const stripe = await startSuiteStripe(`http://127.0.0.1:${port}`)
  const config = {
    ...SUITE_CONFIG,
    jwtKey: JWT_KEY,
    kratos: { url: kratos.publicUrl, adminUrl: kratos.adminUrl, proxyRetryMs: 10_000 },
    nats: { prefix: `suite-${randomUUID()}` },
    stripe: stripe.config,
    log: { level: 'error' },
  }

  const database = await createDatabase(inject('mariadb')!)
  const parsed = parseConfig({ ...config, database }, { env: {} }).config
  const { db, close } = openDatabase(parsed)
  await migrate(db, parsed)
  await close()

  const planetscale = await startPlanetScaleStandIn(database)
  const nats = inject('nats')!
  const edge = await startEdge({ config, planetscale, natsWebsocketUrl: nats.websocketUrl, workers, port })
  return {
    url: edge.url,
    events: () => readEvents(nats.url, config.nats.prefix),
    verifyAddress: async (identity) => void (await kratosAdmin(kratos.adminUrl).verifyAddress(identity)),
    stripe: stripe.stripe,
    runSchedule: edge.triggerFlush,
    async restartKratos() {
      await kratos.kill()
      await kratos.restart()
    },
    async stop() {
      await edge.stop()
      await planetscale.stop()
      await kratos.stop()
      await stripe.stop()
    },
  }
}
