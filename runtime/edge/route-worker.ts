import { pathPattern } from '../../lib/http/path-pattern.ts'
import type { Route } from '../../lib/http/route.ts'
import type { Fetcher } from './bindings.ts'
import { type EdgeWorker, edgeHandler } from './edge-handler.ts'

/**
 * A worker for one route, without a router. Cloudflare's patterns are coarser than our paths, so it also gets requests that are
 * another route's: those go on by service binding.
 * @param others service binding -> path of its route, most specific first; one that is not bound leaves our 404
 */
export function createRouteWorker(route: Route, others: Record<string, string> = {}): EdgeWorker {
  const own = pathPattern(route.path)
  const rest = Object.entries(others).map(([binding, path]) => ({ binding, pattern: pathPattern(path) }))

  return edgeHandler((request, env, ctx, bindings) => {
    const { pathname } = new URL(request.url)
    const owner = own.test(pathname) ? undefined : rest.find(({ pattern }) => pattern.test(pathname))
    const worker = owner && (bindings[owner.binding] as Fetcher | undefined)
    return worker ? worker.fetch(request) : route.fetch(request, env, ctx)
  })
}
