import type { Env, ExecutionContext } from '../../lib/env.ts'
import { ApiError, problemResponse } from '../../lib/http/errors.ts'
import { traceOf } from '../../lib/http/trace.ts'
import { serializeError } from '../serialize-error.ts'
import type { EdgeBindings, WorkerContext } from './bindings.ts'
import { createEnvSource } from './create-env.ts'

/** The default export of a worker. */
export interface EdgeWorker {
  fetch(request: Request, bindings: EdgeBindings, ctx: WorkerContext): Promise<Response>
}

type Serve = (
  request: Request,
  env: Env,
  ctx: ExecutionContext,
  bindings: EdgeBindings,
) => Response | Promise<Response>

/** Adapts workerd's call to ours: services from the bindings, and the caller's address from Cloudflare's header. */
export function edgeHandler(serve: Serve): EdgeWorker {
  const envOf = createEnvSource()
  return {
    async fetch(request, bindings, ctx) {
      let env: Env
      try {
        env = await envOf(bindings)
      } catch (error) {
        return misconfigured(request, error)
      }
      // Cloudflare sets this header itself and lets no caller do so.
      const remoteAddress = request.headers.get('cf-connecting-ip')
      const context: ExecutionContext = {
        waitUntil: (promise) => ctx.waitUntil(promise),
        ...(remoteAddress && { remoteAddress }),
      }
      return serve(request, env, context, bindings)
    },
  }
}

/** A worker has no start that could fail, so each answer says it; what is wrong stands in the log alone. */
function misconfigured(request: Request, error: unknown): Response {
  const { requestId } = traceOf(request)
  console.error(
    JSON.stringify({ level: 'error', requestId, err: serializeError(error), msg: 'configuration refused' }),
  )
  return problemResponse(new ApiError('internal_error'), requestId)
}
