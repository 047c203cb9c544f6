import { createLocalBus } from '../../runtime/local-bus.ts'
import { startEmulatedKratos } from '../parts/emulated-kratos.ts'
import { freePort } from '../parts/free-port.ts'
import type { PublishedEvent } from '../parts/jetstream-events.ts'
import { kratosAdmin } from '../parts/kratos-admin.ts'
import { startLocalServer } from '../parts/local-server.ts'
import { recordLog } from '../parts/record-log.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { gatewaySuite } from './gateway-suite.ts'
import { startSuiteStripe } from './suite/suite-stripe.ts'
import { SUITE_CONFIG } from './suite/transport.ts'

gatewaySuite('Node, SQLite, the bus within the process and the emulator of Ory', async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const kratos = await startEmulatedKratos(url)
  const stripe = await startSuiteStripe(url)

  const received: PublishedEvent[] = []
  const bus = createLocalBus(recordLog())
  bus.subscribe(({ id, subject, data, traceparent }) => {
    received.push({ subject, messageId: id, data: JSON.parse(data), ...(traceparent && { traceparent }) })
  })
  const config = {
    ...SUITE_CONFIG,
    port,
    database: { file: `${tempDir('suite')}/db.sqlite` },
    kratos: { url: kratos.publicUrl, adminUrl: kratos.adminUrl, proxyRetryMs: 10_000 },
    stripe: stripe.config,
    log: { level: 'silent' },
  }
  const server = await startLocalServer(config, { bus })
  return {
    url,
    internalUrl: server.internalUrl,
    events: async () => received,
    verifyAddress: async (identity) => void (await kratosAdmin(kratos.adminUrl).verifyAddress(identity)),
    stripe: stripe.stripe,
    restartKratos: kratos.restart,
    async stop() {
      await server.stop()
      await kratos.stop()
      await stripe.stop()
    },
  }
})
