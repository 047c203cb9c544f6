import { compareRates } from './compare-rates.ts'
import { type Engine, openEngine } from './engine.ts'
import { measureLatencies } from './load.ts'
import { type Programs, type Server, startFloor, startProduct } from './programs.ts'
import { type BenchResult, compared, median } from './result.ts'
import { deliveries, WEBHOOK_SECRET } from './stripe-events.ts'

const CONNECTIONS = 64
const SUBSCRIPTIONS = 200
const PER_SECOND = 500
const ROUND_MS = 4000
const ROUNDS = 5

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

/** Time to the acknowledgement at a fixed rate. The ratio is the floor's time by ours, so that more is better, as for rates. */
export async function benchIntakeLatency(
  programs: Programs,
  engine: Engine,
  quantile: number,
): Promise<BenchResult> {
  const { ours, floor, stop } = await startSides(programs, engine)
  const measure = async ({ port }: Server) => {
    const load = { perSecond: PER_SECOND, durationMs: ROUND_MS, connections: CONNECTIONS }
    const latencies = await measureLatencies(port, deliveries(SUBSCRIPTIONS), load)
    return latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * quantile)]!
  }
  try {
    await measure(ours)
    await measure(floor)
    const rounds: { ours: number; floor: number }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push({ ours: await measure(ours), floor: await measure(floor) })
    }
    const speeds = rounds.map((round) => ({ ours: 1 / round.ours, floor: 1 / round.floor }))
    const name = `intake at ${PER_SECOND}/s, p${quantile * 100}, ${engine} / the same floor`
    return {
      ...compared(name, 'us', { atLeast: 0.6 }, speeds),
      ours: 1000 * median(rounds.map((round) => round.ours)),
      floor: 1000 * median(rounds.map((round) => round.floor)),
    }
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
