import { createHmac, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { inPart } from '../../lib/async/in-part.ts'
import { within } from '../../lib/async/pause.ts'
import { importTokenKeys } from '../../lib/auth/token-keys.ts'
import { createGroupIntake } from '../../lib/billing/group-intake.ts'
import { createLedgerWorker, type LedgerWorker } from '../../lib/billing/ledger/ledger-worker.ts'
import { stripeEventStats } from '../../lib/billing/ledger/stripe-event-stats.ts'
import type { Config } from '../../lib/config.ts'
import { migrationState } from '../../lib/db/migrate.ts'
import type { Database } from '../../lib/db/tables.ts'
import type { Clock, Env, Health } from '../../lib/env.ts'
import type { Bus, EventMessage, PublishResult } from '../../lib/events/bus.ts'
import { outboxStats } from '../../lib/events/outbox-store.ts'
import { createRelay, type Relay } from '../../lib/events/relay.ts'
import { createS3AvatarStore } from '../../lib/identity/s3-avatar-store.ts'
import { createMailIntake } from '../../lib/mail/mail-intake.ts'
import type { Metrics } from '../../lib/metrics.ts'
import { createHydra } from '../../lib/ory/hydra.ts'
import { createKratos, type Kratos } from '../../lib/ory/kratos.ts'
import { upstreamReady } from '../../lib/ory/upstream-ready.ts'
import { createHealth } from '../health.ts'
import { readAsset } from './assets.ts'
import type { DatabaseHooks } from './database.ts'
import type { MetricsSources } from './metrics.ts'
import { busPart, databasePart } from './open-parts.ts'
import { createHttpProxy } from './proxy-by-http.ts'
import { createHttpSend } from './send-by-http.ts'
import { shareWhoami } from './share-whoami.ts'
import type { SharedParts } from './shared-parts.ts'

/** Everything that lives as long as the process: the handlers' services, and what the host itself drives. */
export interface Services {
  env: Env
  relay: Relay
  ledger: LedgerWorker
  /** What waits in the tables of events. */
  waiting: MetricsSources
  /** Marks this replica as going: readiness turns to `down`. */
  announceStop(): void
  /** Finishes what the ledger and the relay are at and publishes what is pending; leaves what takes longer than the limit. */
  stopWork(limitMs: number): Promise<void>
  /** Closes the bus and the database, where nobody else has them; leaves what takes longer than the limit. */
  close(limitMs: number): Promise<void>
}

export interface ServiceOptions extends DatabaseHooks {
  log: Logger
  clock?: Clock
  bus?: Bus
}

/** What services have in common with those of another configuration in the same process. */
export interface CommonServices {
  parts: SharedParts
  metrics: Metrics
}

/** Of the time to stop the work, what the ledger may take for the events that it is at. */
const LEDGER_SHARE = 0.5

/**
 * Builds the services that a configuration names. Connects to nothing yet.
 * @throws {ConfigError} with every signing key that cannot be imported, before anything is opened
 */
export async function openServices(
  config: Config,
  options: ServiceOptions & CommonServices,
): Promise<Services> {
  const { log, clock = { now: () => Date.now() }, parts, metrics } = options
  const keys = await importTokenKeys(config)
  const database = await inPart('database', () => parts.take(databasePart(config, options)))
  const { db, probes } = database.part
  const takenBus = await parts.take(busPart(config, log, options.bus))
  const bus = takenBus.part
  const owner = `${hostname().slice(0, 24)}-${randomUUID()}`
  const relay = createRelay({
    db,
    bus,
    clock,
    log,
    config,
    owner,
  })
  const ledger = createLedgerWorker({
    db,
    clock,
    log,
    config,
    metrics,
    owner,
    onWritten: () => relay.wake(),
  })
  const kratos = shareWhoami(createKratos(config.kratos, metrics, createHttpSend()))
  const hydra = createHydra(config.hydra, metrics, createHttpSend())

  let stopping = false
  const health = openHealth(config, { probes, kratos, bus, stopping: () => stopping })
  const avatars = createS3AvatarStore(config.s3Config)
  const env: Env = {
    config,
    db,
    kratos,
    proxySend: createHttpProxy(),
    keys,
    clock,
    log,
    metrics,
    events: { wake: () => relay.wake() },
    ledger: { store: createGroupIntake(db, nextTurn), wake: () => ledger.wake() },
    mail: createMailIntake({
      db,
      config,
      log,
      nextTurn,
      hmac: (key, data) => createHmac('sha256', key).update(data).digest(),
      // Without NATS nothing would keep what goes past the outbox.
      ...(config.nats.url && { publish: (message) => publishNow(bus, message) }),
    }),
    assets: { get: readAsset },
    health,
    ...(hydra && { hydra }),
    ...(avatars && { avatars }),
  }
  return {
    env,
    relay,
    ledger,
    waiting: {
      outboxStats: () => outboxStats(probes, clock.now()),
      stripeEventStats: () => stripeEventStats(probes, clock.now()),
    },
    announceStop: () => {
      stopping = true
    },
    async stopWork(limitMs) {
      const stopBy = performance.now() + limitMs
      await ledger.stop(limitMs * LEDGER_SHARE)
      await relay.stop(stopBy - performance.now())
    },
    async close(limitMs) {
      const closing = Promise.all([takenBus.release(), database.release()]).catch((error: unknown) =>
        log.warn({ err: error }, 'not closed cleanly'),
      )
      if (!(await within(limitMs, closing))) log.warn({}, 'stopped without closing everything')
    },
  }
}

const nextTurn = () => new Promise<void>(setImmediate)

/** Publishes beside the relay, which may not have connected yet. */
async function publishNow(bus: Bus, message: EventMessage): Promise<PublishResult> {
  await bus.prepare([message.subject])
  return bus.publish(message)
}

interface WatchedParts {
  probes: Kysely<Database>
  kratos: Kratos
  bus: Bus
  stopping(): boolean
}

function openHealth(config: Config, { probes, kratos, bus, stopping }: WatchedParts): Health {
  const hydraUrl = config.hydra.url
  return createHealth({
    database: async () => (await migrationState(probes)).pending.length === 0,
    stopping,
    timeoutMs: config.readiness.timeoutMs,
    degrading: {
      kratos: (timeoutMs) => kratos.ready(timeoutMs),
      ...(hydraUrl && { hydra: (timeoutMs: number) => upstreamReady(hydraUrl, timeoutMs) }),
      bus: () => bus.ready(),
    },
  })
}
