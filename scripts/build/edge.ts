import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { REFERENCE_ASSETS } from '../../lib/http/reference-page.ts'
import { routes } from '../../runtime/routes.generated.ts'
import { bundleWorkers, type WorkerBundle } from './bundle-workers.ts'
import { ROOT } from './paths.ts'
import { deployOrder, type PlannedRoute, planWorkers, type RouteWorkerPlan } from './plan-workers.ts'
import { allRoutesEntry, FLUSH_ENTRY, routeEntry } from './worker-entries.ts'
import { FLUSH_WORKER, wranglerConfig } from './wrangler-config.ts'

export interface EdgeBuild {
  plans: RouteWorkerPlan[]
  /** By their place under `dist`, such as `routes/authlance-identity-me/worker`. */
  bundles: WorkerBundle[]
}

/** The route whose worker reads static files. */
const ASSETS_PATH = '/authlance/docs/{asset}'

/** The routes that the internet may reach, most specific first. */
export function publicRoutes(): PlannedRoute[] {
  return routes
    .filter(({ route }) => route.listener !== 'internal')
    .map(({ file, route }) => ({ file, path: route.path }))
}

/** Bundles the worker of each public route, the one with all of them, and the flush worker. Writes nothing. */
export async function buildEdge(): Promise<EdgeBuild> {
  const plans = planWorkers(publicRoutes())
  const bundles = await bundleWorkers({
    ...Object.fromEntries(plans.map((plan) => [`routes/${plan.name}/worker`, routeEntry(plan)])),
    'edge/worker': allRoutesEntry(publicRoutes()),
    'flush/worker': FLUSH_ENTRY,
  })
  return { plans, bundles }
}

/** Writes the workers with their wrangler files below `dist`. @param host of the zone's patterns */
export function writeEdge({ plans, bundles }: EdgeBuild, dist: string, host: string): void {
  for (const { name, code } of bundles) write(join(dist, `${name}.js`), code)

  for (const plan of plans) writeRouteConfig(plan, join(dist, 'routes', plan.name), host)
  write(join(dist, 'routes', 'deploy-order.txt'), `${deployOrder(plans).join('\n')}\n`)

  const patterns = [`${host}/*`]
  const everything = { name: 'authlance', patterns, services: [flushService()], assets: 'assets' }
  write(join(dist, 'edge', 'wrangler.toml'), wranglerConfig(everything))
  copyReferenceAssets(join(dist, 'edge', 'assets'))

  const flush = {
    name: FLUSH_WORKER,
    crons: ['* * * * *'],
    comment: 'Alone speaks to NATS. Deploy it first.',
  }
  write(join(dist, 'flush', 'wrangler.toml'), wranglerConfig(flush))
}

/** The static files of the API reference page. */
export function copyReferenceAssets(directory: string): void {
  mkdirSync(directory, { recursive: true })
  for (const name of REFERENCE_ASSETS) {
    cpSync(join(ROOT, 'node_modules', 'swagger-ui-dist', name), join(directory, name))
  }
}

function writeRouteConfig(plan: RouteWorkerPlan, directory: string, host: string): void {
  const { name, path, prefix, heldBy, others } = plan
  const pattern = `${host}${prefix}*`
  const hasAssets = path === ASSETS_PATH
  const config = wranglerConfig({
    name,
    patterns: heldBy ? [] : [pattern],
    comment: heldBy
      ? `Serves ${path}. Its pattern ${pattern} is held by ${heldBy}, which hands over.`
      : `Serves ${path}.`,
    services: [flushService(), ...others.map(({ binding, name: service }) => ({ binding, service }))],
    ...(hasAssets && { assets: 'assets' }),
  })
  write(join(directory, 'wrangler.toml'), config)
  if (hasAssets) copyReferenceAssets(join(directory, 'assets'))
}

function flushService() {
  return { binding: 'FLUSH', service: FLUSH_WORKER }
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}
