import { Hono } from 'hono'
import type { Env, ExecutionContext } from '../lib/env.ts'
import { ApiError, problemResponse } from '../lib/http/errors.ts'
import { finishResponse } from '../lib/http/finish-response.ts'
import type { Route } from '../lib/http/route.ts'
import { traceOf } from '../lib/http/trace.ts'

/** What a host passes with each request. */
export interface HostBindings {
  env: Env
  ctx: ExecutionContext
}

/** One fetch handler for many routes, which come most specific first; any other path is our 404. */
export function createRouter(routes: Route[]): (request: Request, host: HostBindings) => Promise<Response> {
  const app = new Hono<{ Bindings: HostBindings }>()
  for (const route of routes) {
    app.all(honoPath(route.path), (context) => route.fetch(context.req.raw, context.env.env, context.env.ctx))
  }
  app.notFound((context) => absent(context.req.raw, context.env.env))
  return async (request, host) => app.fetch(request, host)
}

/** `{name}` is `:name` to Hono, a trailing `{+rest}` is `*`. */
function honoPath(path: string): string {
  return path.replace(/\{\+\w+\}$/, '*').replace(/\{(\w+)\}/g, ':$1')
}

function absent(request: Request, env: Env): Response {
  const trace = traceOf(request)
  env.metrics.countRequest('unmatched', request.method, 404, 0)
  env.log.info(
    { requestId: trace.requestId, method: request.method, path: new URL(request.url).pathname, status: 404 },
    'request',
  )
  const problem = problemResponse(new ApiError('not_found'), trace.requestId)
  return finishResponse(problem, { request, config: env.config, trace })
}
