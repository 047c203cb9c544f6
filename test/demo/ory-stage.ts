import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { DEV_TIERS } from '../../runtime/dev/dev-tiers.ts'
import { openStripe } from '../../runtime/dev/open-stripe.ts'
import { isAvailable } from '../parts/available.ts'
import { freePort } from '../parts/free-port.ts'
import { startKratos } from '../parts/kratos.ts'
import { kratosAdmin } from '../parts/kratos-admin.ts'
import { startMariaDb } from '../parts/mariadb.ts'
import { startNats } from '../parts/nats.ts'
import { startProcess } from '../parts/process.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { EVENT_LIMIT_MS, isAbout, type Stage, type Tenant, type TenantEvent } from './stage.ts'
import { Surprise } from './surprise.ts'

/** The product as an operator starts it, with a real Kratos, a real NATS, and MariaDB where there is one. */
export async function startOryStage(): Promise<Stage> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const [kratos, nats, mariadb] = await Promise.all([
    startKratos({ publicBaseUrl: `${url}/authlance/identity/`, uiBaseUrl: url }),
    startNats(),
    isAvailable('mariadb') ? startMariaDb() : undefined,
  ])
  const stripe = await openStripe({ productUrl: url, tiers: DEV_TIERS })
  const dir = tempDir('demo')
  const database = (await mariadb?.createDatabase('authlance')) ?? { file: join(dir, 'authlance.sqlite') }
  const configFile = join(dir, 'config.yaml')
  // JSON is YAML as well.
  const config = JSON.stringify({
    host: '127.0.0.1',
    port,
    debug: true,
    jwtKey: randomBytes(48).toString('base64url'),
    database,
    kratos: { url: kratos.publicUrl, adminUrl: kratos.adminUrl },
    nats: { url: nats.url },
    mailAuth: { port: 0 },
    authlance: { autoCreateGroup: true },
    paymentTiers: DEV_TIERS,
    stripe: {
      secretKey: stripe.secretKey,
      webhookSecret: stripe.webhookSecret,
      apiBase: stripe.url,
      successBaseUrl: url,
      trialPeriodDays: 14,
    },
  })
  writeFileSync(configFile, config, { mode: 0o600 })

  const server = startProcess(process.execPath, ['cli/index.ts', 'serve', '--config', configFile])
  await server.waitForLine(/^ready: /m)
  const connection = await connect({ servers: nats.url })
  const manager = await jetstreamManager(connection)

  return {
    url,
    parts: [mariadb ? 'MariaDB' : 'SQLite', 'NATS JetStream', 'Ory Kratos 1.3.1', 'a stand-in for Stripe'],
    async events(about, wanted) {
      const often = Map.groupBy(wanted, (subject) => subject)
      const told = await Promise.all(
        [...often].map(([subject, all]) => messagesOf(manager, subject, about, all.length)),
      )
      return told.flat()
    },
    shop: async () => ({
      verify: (identity) =>
        kratosAdmin(kratos.adminUrl)
          .verifyAddress(identity)
          .then(() => {}),
      async move(customer, wanted) {
        const now = stripe.moves.make(customer, wanted)
        if (!now) throw new Surprise(`Stripe has no ${customer}`)
        return now
      },
    }),
    async stop() {
      await connection.close()
      await server.stop()
      await stripe.close()
      await Promise.all([kratos, nats, mariadb].map((part) => part?.stop()))
    },
  }
}

/** What the stream of a subject keeps about a tenant, once it keeps as much as is wanted. */
async function messagesOf(
  manager: JetStreamManager,
  subject: string,
  about: Tenant,
  atLeast: number,
): Promise<TenantEvent[]> {
  for (const deadline = Date.now() + EVENT_LIMIT_MS; Date.now() < deadline; await sleep(50)) {
    const kept = (await storedMessages(manager, subject)).filter((message) => isAbout(message, about))
    if (kept.length >= atLeast) return kept.map(({ id, time, seq }) => ({ id, time, seq, subject }))
  }
  throw new Surprise(`no ${subject} came in ${EVENT_LIMIT_MS / 1000} s`)
}

async function storedMessages(
  manager: JetStreamManager,
  subject: string,
): Promise<Omit<TenantEvent, 'subject'>[]> {
  const stream = await manager.streams.find(subject).catch(() => undefined)
  if (!stream) return []
  const { state } = await manager.streams.info(stream)
  const numbers = Array.from({ length: state.messages }, (_, index) => state.first_seq + index)
  const stored = await Promise.all(numbers.map((seq) => manager.streams.getMessage(stream, { seq })))
  return stored.flatMap((message) => (message ? [message.json<TenantEvent>()] : []))
}
