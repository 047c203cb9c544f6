import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { freePort } from '../../parts/free-port.ts'
import { startGateway } from '../../parts/gateway.ts'
import { readEvents } from '../../parts/jetstream-events.ts'
import { startKratos } from '../../parts/kratos.ts'
import { kratosAdmin } from '../../parts/kratos-admin.ts'
import { createDatabase } from '../../parts/mariadb.ts'
import { startSuiteStripe } from './suite-stripe.ts'
import { SUITE_CONFIG, type Transport } from './transport.ts'

/**
 * The product as its own process with MariaDB, NATS and a real Kratos that browsers reach through it.
 * @param program arguments of `node` that start it; default: the command line of this checkout
 */
export async function startProcessTransport(program?: string[]): Promise<Transport> {
  const port = await freePort()
  const kratos = await startKratos({ publicBaseUrl: `http://127.0.0.1:${port}/authlance/identity/` })
  const stripe = await startSuiteStripe(`http://127.0.0.1:${port}`)
  const nats = inject('nats')!
  const prefix = `suite-${randomUUID()}`
  const config = {
    ...SUITE_CONFIG,
    port,
    database: await createDatabase(inject('mariadb')!),
    kratos: { url: kratos.publicUrl, adminUrl: kratos.adminUrl, proxyRetryMs: 10_000 },
    nats: { url: nats.url, prefix },
    stripe: stripe.config,
    log: { level: 'error' },
  }
  const server = await startGateway(config, { ...(program && { program }) })
  return {
    url: server.url,
    internalUrl: server.internalUrl,
    events: () => readEvents(nats.url, prefix),
    verifyAddress: async (identity) => void (await kratosAdmin(kratos.adminUrl).verifyAddress(identity)),
    stripe: stripe.stripe,
    async restartKratos() {
      await kratos.kill()
      await kratos.restart()
    },
    async stop() {
      await server.stop()
      await kratos.stop()
      await stripe.stop()
    },
  }
}
