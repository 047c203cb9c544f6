import type { Env } from '../../lib/env.ts'
import { applyStripeEvents, tendStripeLedger } from './apply-stripe-events.ts'
import type { EdgeBindings, WorkerContext } from './bindings.ts'
import { createEnvSource } from './create-env.ts'
import { flushOutbox, tidyOutbox } from './flush.ts'
import { createNatsFlushBus } from './nats-flush-bus.ts'
import { reconcileStripe } from './reconcile-stripe.ts'

/** The worker that alone speaks to NATS: woken by the route workers' service binding, and by its schedule. */
export interface FlushWorker {
  fetch(request: Request, bindings: EdgeBindings, ctx: WorkerContext): Promise<Response>
  scheduled(event: unknown, bindings: EdgeBindings, ctx: WorkerContext): Promise<void>
}

/** Not for the internet: it has no route, and asks nobody who they are. */
export function createFlushWorker(): FlushWorker {
  const envOf = createEnvSource()
  const flush = async (env: Env) => {
    await applyStripeEvents(env)
    return flushOutbox({ ...env, openBus: () => createNatsFlushBus(env.config, env.log) })
  }

  return {
    async fetch(request, bindings, ctx) {
      if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } })
      const env = await envOf(bindings)
      if (!env.config.nats.url) {
        ctx.waitUntil(applyStripeEvents(env))
        return unconfigured()
      }
      const flushing = flush(env)
      // The caller may be gone before the flush is done.
      ctx.waitUntil(flushing.catch(() => undefined))
      const report = await flushing
      return Response.json(report, { status: report.away === undefined ? 200 : 503 })
    },
    async scheduled(_event, bindings) {
      const env = await envOf(bindings)
      if (env.config.nats.url) await flush(env)
      else await applyStripeEvents(env)
      await tendStripeLedger(env)
      await tidyOutbox(env)
      await reconcileStripe(env)
    },
  }
}

function unconfigured(): Response {
  return Response.json({ away: 'nats.url is not configured' }, { status: 503 })
}
