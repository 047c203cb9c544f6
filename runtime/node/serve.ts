import type { Logger } from 'pino'
import { inPart } from '../../lib/async/in-part.ts'
import { within } from '../../lib/async/pause.ts'
import type { Config } from '../../lib/config.ts'
import { migrate, refresh } from '../../lib/db/migrate.ts'
import type { Env } from '../../lib/env.ts'
import type { Route } from '../../lib/http/route.ts'
import { routes } from '../routes.generated.ts'
import { openBeside } from './database.ts'
import { listen } from './listen.ts'
import { openServices, type ServiceOptions } from './open-services.ts'
import { createReconcileTimer } from './reconcile-timer.ts'
import { seedUsers } from './seed-users.ts'

/** Of `shutdown.timeoutMs`, what requests may take; the outbox has the rest. */
const REQUESTS_SHARE = 0.45
/** Of `shutdown.timeoutMs`, when everything is closed, so that the process ends before it is ended. */
const CLOSED_BY = 0.95

export interface RunningServer {
  env: Env
  /** The public API. */
  url: string
  /** Mail, hooks and metrics. */
  internalUrl: string
  /** Settles when each configured user is granted or withheld. */
  seeded: Promise<void>
  /**
   * Stops accepting, finishes requests, flushes the outbox and closes everything, within `shutdown.timeoutMs`. What is not done by
   * then is left with a warning: events that were committed wait in the outbox for the next start.
   */
  stop(): Promise<void>
}

export interface ServeOptions extends ServiceOptions {
  log: Logger
  /** Routes of this host alone, beside the product's own on the public API. */
  extraRoutes?: Route[]
}

/** Starts the product from a configuration: migrations, both listeners, the relay and the seeding of users. */
export async function serve(config: Config, options: ServeOptions): Promise<RunningServer> {
  const { env, relay, ledger, announceStop, close } = await openServices(config, options)
  const stopSeeding = new AbortController()
  try {
    if (config.migrateOnStart) await migrateAtStart(config, env, options)
    else await refreshAtStart(config, env, options)
    const served = (listener: 'api' | 'internal') =>
      routes
        .map(({ route }) => route)
        .filter((route) => route.listener === listener || route.listener === 'both')
    const apiRoutes = [...(options.extraRoutes ?? []), ...served('api')]
    const api = await listen(apiRoutes, env, { host: config.host, port: config.port })
    const internalHost = config.mailAuth.host ?? config.host
    const internal = await listen(served('internal'), env, { host: internalHost, port: config.mailAuth.port })

    relay.start()
    ledger.start()
    const reconciling = createReconcileTimer(
      { ...env, owner: crypto.randomUUID(), random: Math.random },
      () => relay.wake(),
    )
    reconciling.start()
    const seeding = seedUsers(env, () => relay.wake(), stopSeeding.signal)

    return {
      env,
      url: api.url,
      internalUrl: internal.url,
      seeded: seeding,
      async stop() {
        announceStop()
        stopSeeding.abort()
        const startedAt = performance.now()
        const requestsMs = config.shutdown.timeoutMs * REQUESTS_SHARE
        const [served, servedInside] = await Promise.all([
          api.close(requestsMs),
          internal.close(requestsMs),
          within(requestsMs, seeding),
          reconciling.stop(requestsMs),
        ])
        if (!served || !servedInside) options.log.warn({ afterMs: requestsMs }, 'requests cut off')
        await close(config.shutdown.timeoutMs * CLOSED_BY - (performance.now() - startedAt))
      },
    }
  } catch (error) {
    await close(config.shutdown.timeoutMs)
    throw error
  }
}

/** Somebody else migrates: until that is done this replica runs but is not ready. */
async function refreshAtStart(config: Config, env: Env, { log }: ServeOptions): Promise<void> {
  const pending = await inPart('database', () => refresh(env.db, config))
  if (pending.length) log.warn({ pending: pending.length }, 'migrations are pending: run `authlance migrate`')
}

/** Replicas that start together wait for the one that migrates, which may rebuild large tables. */
async function migrateAtStart(config: Config, env: Env, { onQuery }: ServeOptions): Promise<void> {
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
