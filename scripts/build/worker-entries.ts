import type { PlannedRoute, RouteWorkerPlan } from './plan-workers.ts'

/** The entry of the worker of one route. */
export function routeEntry({ file, others }: RouteWorkerPlan): string {
  const handOver = Object.fromEntries(others.map(({ binding, path }) => [binding, path]))
  return `import route from './${file}'
import { createRouteWorker } from './runtime/edge/route-worker.ts'
export default createRouteWorker(route, ${JSON.stringify(handOver)})
`
}

/** The entry of a worker with many routes, which come most specific first. */
export function allRoutesEntry(routes: PlannedRoute[]): string {
  const imports = routes.map(({ file }, index) => `import r${index} from './${file}'`)
  return `import { createWorker } from './runtime/edge/worker.ts'
${imports.join('\n')}
export default createWorker([${routes.map((_, index) => `r${index}`).join(', ')}])
`
}

/** The worker that publishes the outbox. */
export const FLUSH_ENTRY = `import { createFlushWorker } from './runtime/edge/flush-worker.ts'
export default createFlushWorker()
`
