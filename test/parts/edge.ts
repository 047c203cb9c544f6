import { join } from 'node:path'
import { Miniflare, type WorkerOptions } from 'miniflare'
import type { WorkerBundle } from '../../scripts/build/bundle-workers.ts'
import { buildEdge, type EdgeBuild } from '../../scripts/build/edge.ts'
import { ROOT } from '../../scripts/build/paths.ts'
import { COMPATIBILITY_DATE, FLUSH_WORKER } from '../../scripts/build/wrangler-config.ts'
import { atExit } from './at-exit.ts'

export interface EdgeOptions {
  /** Keys of the configuration file beside the database and NATS. */
  config: Record<string, unknown>
  /** The stand-in, over a database that is migrated. */
  planetscale: { url: string }
  /** With it, the flush worker publishes the outbox; without, events stay in it. */
  natsWebsocketUrl?: string
  /** `all`: one worker with every public route, the default. `routes`: one for each, reached by its own pattern. */
  workers?: 'all' | 'routes'
  /** Default: any free one. */
  port?: number
}

export interface Edge {
  url: string
  /** What the workers have logged, a JSON line each. */
  log(): string
  /** Does what the schedule does each minute. */
  triggerFlush(): Promise<void>
  stop(): Promise<void>
}

/** Starts the built workers in workerd, as they are deployed. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const edge = await builtEdge()
  const flushes = options.natsWebsocketUrl !== undefined
  const CONFIG = {
    ...options.config,
    database: { planetscale: { url: options.planetscale.url } },
    ...(flushes && { nats: { ...(options.config['nats'] as object), url: options.natsWebsocketUrl } }),
  }

  const { workers = 'all' } = options
  const common: Common = { CONFIG, flushes }
  const served = workers === 'all' ? [allRoutes(edge, common)] : singleRoutes(edge, common)
  const lines: string[] = []
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: options.port ?? 0,
    workers: [...served, ...(flushes ? [worker(edge, FLUSH_WORKER, 'flush/worker', common)] : [])],
    handleStructuredLogs: ({ message }: { message: string }) => void lines.push(message),
  })
  atExit(() => void miniflare.dispose())

  const { origin } = await miniflare.ready
  return {
    url: origin,
    log: () => lines.join('\n'),
    async triggerFlush() {
      const flush = (await miniflare.getWorker(FLUSH_WORKER)) as unknown as Scheduled
      const { outcome } = await flush.scheduled({ cron: '* * * * *' })
      if (outcome !== 'ok') throw new Error(`the flush worker ended with ${outcome}`)
    },
    stop: () => miniflare.dispose(),
  }
}

interface Scheduled {
  scheduled(event: { cron: string }): Promise<{ outcome: string }>
}

interface Common {
  CONFIG: Record<string, unknown>
  flushes: boolean
}

let building: Promise<EdgeBuild> | undefined

function builtEdge(): Promise<EdgeBuild> {
  building ??= buildEdge()
  return building
}

function allRoutes(edge: EdgeBuild, common: Common): WorkerOptions {
  return worker(edge, 'authlance', 'edge/worker', common)
}

function singleRoutes(edge: EdgeBuild, common: Common): WorkerOptions[] {
  return edge.plans.map(({ name, prefix, heldBy, others }) => {
    const bound = Object.fromEntries(others.map((other) => [other.binding, other.name]))
    const options = worker(edge, name, `routes/${name}/worker`, common, bound)
    return { ...options, ...(!heldBy && { routes: [`127.0.0.1${prefix}*`] }) }
  })
}

function worker(
  edge: EdgeBuild,
  name: string,
  bundleName: string,
  { CONFIG, flushes }: Common,
  bound: Record<string, string> = {},
): WorkerOptions {
  const { code } = edge.bundles.find((bundle: WorkerBundle) => bundle.name === bundleName)!
  const isFlush = name === FLUSH_WORKER
  return {
    name,
    modules: [{ type: 'ESModule', path: 'worker.js', contents: Buffer.from(code).toString() }],
    compatibilityDate: COMPATIBILITY_DATE,
    bindings: { CONFIG: JSON.stringify(CONFIG) },
    serviceBindings: { ...bound, ...(flushes && !isFlush && { FLUSH: FLUSH_WORKER }) },
    ...(!isFlush && {
      assets: {
        directory: join(ROOT, 'node_modules', 'swagger-ui-dist'),
        binding: 'ASSETS',
        routerConfig: { invoke_user_worker_ahead_of_assets: true, has_user_worker: true },
      },
    }),
  }
}
