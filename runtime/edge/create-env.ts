import { importTokenKeys, type TokenKeys } from '../../lib/auth/token-keys.ts'
import { storeStripeEvent } from '../../lib/billing/store-stripe-event.ts'
import { configFromJsonBindings } from '../../lib/config/json-bindings.ts'
import { secretValues } from '../../lib/config/secrets.ts'
import type { Config } from '../../lib/config.ts'
import type { Env, ExecutionContext } from '../../lib/env.ts'
import { createS3AvatarStore } from '../../lib/identity/s3-avatar-store.ts'
import type { Log } from '../../lib/log.ts'
import { noMetrics } from '../../lib/metrics.ts'
import { createHydra } from '../../lib/ory/hydra.ts'
import { createKratos } from '../../lib/ory/kratos.ts'
import { proxyByFetch } from '../../lib/ory/proxy-fetch.ts'
import { upstreamReady } from '../../lib/ory/upstream-ready.ts'
import { createHealth } from '../health.ts'
import type { EdgeBindings } from './bindings.ts'
import { openPlanetScale } from './database.ts'
import { createConsoleLog } from './log.ts'

/** What an isolate keeps between requests: data alone, nothing that does I/O. */
interface Kept {
  config: Config
  keys: TokenKeys
  log: Log
}

/**
 * Makes the services of one request from the bindings of its worker. The configuration is read and the keys are imported once for
 * each isolate; connections are made anew, since workerd ties I/O to the request that began it.
 */
export function createEnvSource(): (bindings: EdgeBindings) => Promise<Env> {
  let kept: Kept | undefined
  return async (bindings) => {
    // Requests that meet here at the start each do the work: a promise is nothing they could share.
    kept ??= await prepare(bindings)
    return requestEnv(kept, bindings)
  }
}

/** @throws {ConfigError} with every problem found */
async function prepare(bindings: EdgeBindings): Promise<Kept> {
  const { config, warnings } = configFromJsonBindings(bindings)
  const log = createConsoleLog(config.log.level, secretValues(config))
  for (const warning of warnings) log.warn({ warning }, 'configuration')
  return { config, log, keys: await importTokenKeys(config) }
}

function requestEnv({ config, keys, log }: Kept, bindings: EdgeBindings): Env {
  const db = openPlanetScale(config)
  const kratos = createKratos(config.kratos, noMetrics)
  const hydra = createHydra(config.hydra, noMetrics)
  const avatars = createS3AvatarStore(config.s3Config)
  const hydraUrl = config.hydra.url
  return {
    config,
    keys,
    log,
    db,
    kratos,
    proxySend: proxyByFetch,
    clock: { now: () => Date.now() },
    metrics: noMetrics,
    events: { wake: (ctx) => wakeFlush(bindings, ctx, log) },
    ledger: {
      store: (taken) => storeStripeEvent(db, taken),
      wake: (ctx) => wakeFlush(bindings, ctx, log),
    },
    assets: { get: (name) => readAsset(bindings, name) },
    health: createHealth({
      // Migrations are the business of the container or of `authlance migrate`: a table to read is all that is asked here.
      database: async () => {
        await db.selectFrom('event_outbox').select('seq').limit(1).execute()
        return true
      },
      degrading: {
        kratos: (timeoutMs) => kratos.ready(timeoutMs),
        ...(hydraUrl && { hydra: (timeoutMs: number) => upstreamReady(hydraUrl, timeoutMs) }),
      },
      stopping: () => false,
      timeoutMs: config.readiness.timeoutMs,
    }),
    ...(hydra && { hydra }),
    ...(avatars && { avatars }),
  }
}

/** Publishes after the answer; a failure costs nothing, since the flush worker's schedule finds the events too. */
function wakeFlush({ FLUSH }: EdgeBindings, ctx: ExecutionContext, log: Log): void {
  if (!FLUSH) return
  const flushed = FLUSH.fetch('https://flush/', { method: 'POST' })
    .then((response) => response.body?.cancel())
    .catch((error: unknown) => log.warn({ err: error }, 'flush worker not reached'))
  ctx.waitUntil(flushed)
}

async function readAsset({ ASSETS }: EdgeBindings, name: string): Promise<Response | undefined> {
  const response = await ASSETS?.fetch(`https://assets/${encodeURIComponent(name)}`)
  // The headers of a fetched answer cannot be changed, those of its copy can.
  if (response?.ok) return new Response(response.body, response)
  await response?.body?.cancel()
  return undefined
}
