import { compareLatencies } from './compare-latencies.ts'
import { compareRates } from './compare-rates.ts'
import { type Engine, openEngine } from './engine.ts'
import { type Programs, startFloor, startProduct } from './programs.ts'
import type { BenchResult } from './result.ts'
import { deliveries, WEBHOOK_SECRET } from './stripe-events.ts'

const CONNECTIONS = 64
const SUBSCRIPTIONS = 200
const PER_SECOND = 500

/** Acknowledgements a second of the Stripe webhook, against a bare Hono handler with the same check and one insert. */
export async function benchIntake(programs: Programs, engine: Engine): Promise<BenchResult> {
  const { ours, floor, stop } = await startSides(programs, engine)
  try {
    const requests = Array.from({ length: CONNECTIONS }, () => deliveries(SUBSCRIPTIONS))
    return await compareRates(
      `intake, ${engine} / Hono + signature + insert`,
      { atLeast: 0.6 },
      { port: ours.port, pids: [ours.pid], requests },
      { port: floor.port, pids: [floor.pid], requests },
    )
  } finally {
    await stop()
  }
}

/** Time to the acknowledgement at a fixed rate. */
export async function benchIntakeLatency(
  programs: Programs,
  engine: Engine,
  quantile: number,
): Promise<BenchResult> {
  const { ours, floor, stop } = await startSides(programs, engine)
  const source = () => deliveries(SUBSCRIPTIONS)
  try {
    return await compareLatencies(
      `intake at ${PER_SECOND}/s, p${quantile * 100}, ${engine} / the same floor`,
      { atLeast: 0.6 },
      { perSecond: PER_SECOND, quantile },
      { port: ours.port, source },
      { port: floor.port, source },
    )
  } finally {
    await stop()
  }
}

async function startSides(programs: Programs, engine: Engine) {
  const [forOurs, forFloor] = await Promise.all([openEngine(engine), openEngine(engine)])
  const upstream = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
  const ours = await startProduct(programs, {
    kratos: upstream,
    database: forOurs.database,
    stripe: { webhookSecret: WEBHOOK_SECRET },
  })
  const floor = await startFloor(programs, 'webhook', {
    database: { poolSize: 10, ...forFloor.database },
    secret: WEBHOOK_SECRET,
  })
  return {
    ours,
    floor,
    stop: async () => {
      await Promise.all([ours.stop(), floor.stop()])
      await Promise.all([forOurs.stop(), forFloor.stop()])
    },
  }
}
