import { inPart } from '../../lib/async/in-part.ts'
import { within } from '../../lib/async/pause.ts'
import type { Config } from '../../lib/config.ts'
import { migrate, refresh } from '../../lib/db/migrate.ts'
import type { Env } from '../../lib/env.ts'
import { openBeside } from './database.ts'
import type { MetricsSources } from './metrics.ts'
import { type CommonServices, openServices, type ServiceOptions } from './open-services.ts'
import { createReconcileTimer } from './reconcile-timer.ts'
import { seedUsers } from './seed-users.ts'
import { createServing, type Serving } from './serving.ts'

/** The services of one configuration with the work that they do by themselves; a reload begins the next generation. */
export interface Generation {
  serving: Serving
  waiting: MetricsSources
  /** Begins the relay, the ledger, reconciling and the seeding of users. */
  start(): void
  /** Settles when each configured user is granted or withheld. */
  seeded: Promise<void>
  /** Marks this replica as going: readiness turns to `down`. */
  announceStop(): void
  /** Begins nothing more by itself, while requests and the events that they cause go on. Never throws. */
  settle(limitMs: number): Promise<void>
  /** Publishes what is pending. Never throws. */
  stopWork(limitMs: number): Promise<void>
  /** Closes what no other generation uses. Never throws. */
  close(limitMs: number): Promise<void>
}

export type GenerationOptions = ServiceOptions & CommonServices

/** Builds the services and brings the database up to date. @throws when the database cannot be reached */
export async function openGeneration(config: Config, options: GenerationOptions): Promise<Generation> {
  const { env, relay, ledger, ...services } = await openServices(config, options)
  try {
    if (config.migrateOnStart) await migrateAtStart(config, env, options)
    else await refreshAtStart(config, env, options)
  } catch (error) {
    await services.close(config.shutdown.timeoutMs)
    throw error
  }

  const stopSeeding = new AbortController()
  const seeded = Promise.withResolvers<void>()
  const reconciling = createReconcileTimer({ ...env, owner: crypto.randomUUID(), random: Math.random }, () =>
    relay.wake(),
  )
  let started = false
  return {
    ...services,
    serving: createServing(env),
    seeded: seeded.promise,
    start() {
      started = true
      relay.start()
      ledger.start()
      reconciling.start()
      seeded.resolve(seedUsers(env, () => relay.wake(), stopSeeding.signal))
    },
    async settle(limitMs) {
      stopSeeding.abort()
      if (!started) return
      await Promise.all([within(limitMs, seeded.promise), reconciling.stop(limitMs)])
    },
  }
}

/** Somebody else migrates: until that is done this replica runs but is not ready. */
async function refreshAtStart(config: Config, env: Env, { log }: GenerationOptions): Promise<void> {
  const pending = await inPart('database', () => refresh(env.db, config))
  if (pending.length) log.warn({ pending: pending.length }, 'migrations are pending: run `authlance migrate`')
}

/** Replicas that start together wait for the one that migrates, which may rebuild large tables. */
async function migrateAtStart(config: Config, env: Env, { onQuery }: GenerationOptions): Promise<void> {
  const { db, close } = openBeside(env.db, config, {
    patient: true,
    poolSize: 1,
    ...(onQuery && { onQuery }),
  })
  try {
    await inPart('database', () => migrate(db, config))
  } finally {
    await close()
  }
}
