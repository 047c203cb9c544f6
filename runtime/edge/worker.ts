import type { Route } from '../../lib/http/route.ts'
import { createRouter } from '../router.ts'
import { type EdgeWorker, edgeHandler } from './edge-handler.ts'

/** One worker for many routes, which come most specific first. */
export function createWorker(routes: Route[]): EdgeWorker {
  const router = createRouter(routes)
  return edgeHandler((request, env, ctx) => router(request, { env, ctx }))
}
