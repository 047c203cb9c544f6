import type { Logger } from 'pino'
import { pause, within } from '../../lib/async/pause.ts'
import type { Config } from '../../lib/config.ts'
import type { Env } from '../../lib/env.ts'
import type { Route } from '../../lib/http/route.ts'
import { routes } from '../routes.generated.ts'
import { type Generation, openGeneration } from './generation.ts'
import { keepListeners } from './keep-listeners.ts'
import { type Inlet, type Listener, listen } from './listen.ts'
import { createMetrics, type NodeMetrics, type SumMetrics } from './metrics.ts'
import type { ServiceOptions } from './open-services.ts'
import { createSharedParts } from './shared-parts.ts'

/** Of `shutdown.timeoutMs`, what requests may take; the outbox has the rest. */
const REQUESTS_SHARE = 0.45
/** Of `shutdown.timeoutMs`, when the outbox is flushed. */
const FLUSHED_BY = 0.85
/** Of `shutdown.timeoutMs`, when everything is closed, so that the process ends before it is ended. */
const CLOSED_BY = 0.95

export interface RunningServer {
  /** Of the configuration that is in use now. */
  readonly env: Env
  /** The public API. */
  url: string
  /** Mail, hooks and metrics. */
  internalUrl: string
  metrics: NodeMetrics
  /** Settles when each user that is configured now is granted or withheld. */
  readonly seeded: Promise<void>
  /**
   * Goes on with another configuration: requests that began are answered by the services that they began with, others by new
   * ones. The listeners stay where they are. Resolves when the new services are in use.
   * @throws when the new services cannot be opened; then nothing has changed
   */
  reload(config: Config, log: Logger): Promise<void>
  /** Says that this replica will stop: readiness turns to `down`, everything else goes on. */
  announceStop(): void
  /**
   * After `shutdown.drainMs` stops accepting, finishes requests, flushes the outbox and closes everything, within
   * `shutdown.timeoutMs`. What is not done by then is left with a warning: events that were committed wait in the outbox for the
   * next start.
   * @param options.drained the time to drain is over
   */
  stop(options?: { drained?: boolean }): Promise<void>
}

export interface ServeOptions extends ServiceOptions {
  log: Logger
  /** Routes of this host alone, beside the product's own on the public API. */
  extraRoutes?: Route[]
  /** Where this process is one of several: what a scrape answers, and where connections come from. */
  shared?: { sumMetrics: SumMetrics; inlets: Record<ListenerName, Inlet> }
}

export type ListenerName = 'api' | 'internal'

/** Starts the product from a configuration: migrations, both listeners, the relay and the seeding of users. */
export async function serve(config: Config, options: ServeOptions): Promise<RunningServer> {
  const { shared } = options
  const parts = createSharedParts()
  const waiting = () => current.waiting
  const metrics = createMetrics(
    {
      outboxStats: () => waiting().outboxStats(),
      stripeEventStats: () => waiting().stripeEventStats(),
    },
    shared?.sumMetrics,
  )
  let current: Generation = await openGeneration(config, { ...options, parts, metrics })
  const retiring = new Set<Promise<void>>()
  let stopping = false

  let api: Listener
  let internal: Listener
  try {
    const serving = () => current.serving
    const apiRoutes = [...(options.extraRoutes ?? []), ...routesOf('api')]
    api = await listen(apiRoutes, serving, config, shared?.inlets.api)
    internal = await listen(routesOf('internal'), serving, config.mailAuth, shared?.inlets.internal)
  } catch (error) {
    await current.close(config.shutdown.timeoutMs)
    throw error
  }
  current.start()

  return {
    get env() {
      return current.serving.env
    },
    get seeded() {
      return current.seeded
    },
    url: api.url,
    internalUrl: internal.url,
    metrics,
    async reload(next, log) {
      const kept = keepListeners(next, config, log)
      const opened = await openGeneration(kept, { ...options, log, parts, metrics })
      if (stopping) return opened.close(kept.shutdown.timeoutMs)
      const old = current
      current = opened
      opened.start()
      const retired = retire(old).finally(() => retiring.delete(retired))
      retiring.add(retired)
    },
    announceStop: () => current.announceStop(),
    async stop({ drained = false } = {}) {
      stopping = true
      const { config, log } = current.serving.env
      const { drainMs, timeoutMs } = config.shutdown
      current.announceStop()
      if (drainMs > 0 && !drained) await pause(drainMs)

      const startedAt = performance.now()
      const leftUntil = (share: number) => timeoutMs * share - (performance.now() - startedAt)
      const requestsMs = leftUntil(REQUESTS_SHARE)
      const [served, servedInside] = await Promise.all([
        api.close(requestsMs),
        internal.close(requestsMs),
        current.settle(requestsMs),
      ])
      const settled = await within(leftUntil(REQUESTS_SHARE), current.serving.idle())
      if (!served || !servedInside || !settled) log.warn({ afterMs: requestsMs }, 'requests cut off')
      await Promise.all([
        current.stopWork(leftUntil(FLUSHED_BY)),
        within(leftUntil(FLUSHED_BY), Promise.all(retiring)),
      ])
      await current.close(leftUntil(CLOSED_BY))
    },
  }
}

function routesOf(listener: ListenerName): Route[] {
  return routes
    .map(({ route }) => route)
    .filter((route) => route.listener === listener || route.listener === 'both')
}

/** Lets services go after the last request that began with them. Never throws. */
async function retire({ serving, settle, stopWork, close }: Generation): Promise<void> {
  const { timeoutMs } = serving.env.config.shutdown
  await Promise.all([settle(timeoutMs), within(timeoutMs, serving.idle())])
  // A stream may go on for hours; the new services publish what it causes.
  await stopWork(timeoutMs)
  await serving.idle()
  await close(timeoutMs)
}
