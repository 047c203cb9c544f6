import { randomUUID } from 'node:crypto'
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
import { createKratos, type Kratos } from '../../lib/ory/kratos.ts'
import { upstreamReady } from '../../lib/ory/upstream-ready.ts'
import { createHealth } from '../health.ts'
import { createLocalBus } from '../local-bus.ts'
import { readAsset } from './assets.ts'
import { type DatabaseHooks, openBeside, openDatabase } from './database.ts'
import { createMetrics } from './metrics.ts'
import { createHttpSend } from './send-by-http.ts'
import { shareWhoami } from './share-whoami.ts'

/** Everything that lives as long as the process: the handlers' services, and what the host itself drives. */
export interface Services {
  env: Env
  relay: Relay
  ledger: LedgerWorker
  /** Marks this replica as going: readiness turns to `down`. */
  announceStop(): void
  /** Publishes what is pending, then closes the bus and the database; leaves what takes longer than the limit. */
  close(limitMs: number): Promise<void>
}

export interface ServiceOptions extends DatabaseHooks {
  log: Logger
  clock?: Clock
  bus?: Bus
}

/** Of the time to close, what the ledger may take for the events that it is at. */
const LEDGER_SHARE = 0.4
/** Of the time that is left then, what the relay may take for its last events. */
const RELAY_SHARE = 0.7

/**
 * Builds the services that a configuration names. Connects to nothing yet.
 * @throws {ConfigError} with every signing key that cannot be imported, before anything is opened
 */
export async function openServices(config: Config, options: ServiceOptions): Promise<Services> {
  const { log, clock = { now: () => Date.now() } } = options
  const keys = await importTokenKeys(config)
  const { db, close: closeDatabase } = await inPart('database', () => openDatabase(config, options))
  // A pool that is busy must not look like a database that is down.
  const probes = openBeside(db, config, { poolSize: 2 })
  const bus = options.bus ?? (config.nats.url ? await openNatsBus(config, log) : createLocalBus(log))
  const owner = `${hostname().slice(0, 24)}-${randomUUID()}`
  const relay = createRelay({
    db,
    bus,
    clock,
    log,
    config,
    owner,
  })
  const metrics = createMetrics({
    outboxStats: () => outboxStats(probes.db, clock.now()),
    stripeEventStats: () => stripeEventStats(probes.db, clock.now()),
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

  let stopping = false
  const health = openHealth(config, { probes: probes.db, kratos, bus, stopping: () => stopping })
  const avatars = createS3AvatarStore(config.s3Config)
  const env: Env = {
    config,
    db,
    kratos,
    keys,
    clock,
    log,
    metrics,
    events: { wake: () => relay.wake() },
    ledger: { store: createGroupIntake(db, () => new Promise(setImmediate)), wake: () => ledger.wake() },
    mail: createMailIntake({
      db,
      config,
      log,
      // Without NATS nothing would keep what goes past the outbox.
      ...(config.nats.url && { publish: (message) => publishNow(bus, message) }),
    }),
    assets: { get: readAsset },
    health,
    ...(avatars && { avatars }),
  }
  return {
    env,
    relay,
    ledger,
    announceStop: () => {
      stopping = true
    },
    async close(limitMs) {
      const closeBy = performance.now() + limitMs
      await ledger.stop(limitMs * LEDGER_SHARE)
      await relay.stop((closeBy - performance.now()) * RELAY_SHARE)
      const closing = Promise.all([bus.close(), closeDatabase(), probes.close()]).catch((error: unknown) =>
        log.warn({ err: error }, 'not closed cleanly'),
      )
      if (!(await within(closeBy - performance.now(), closing)))
        log.warn({}, 'stopped without closing everything')
    },
  }
}

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

/** Loads the client only where NATS is configured, so that others start sooner. */
async function openNatsBus(config: Config, log: Logger): Promise<Bus> {
  const { createNatsBus } = await import('./nats-bus.ts')
  return createNatsBus(config, log)
}
