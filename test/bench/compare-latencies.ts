import { measureLatencies } from './load.ts'
import { type Aim, type BenchResult, compared, median } from './result.ts'

const CONNECTIONS = 64
const ROUND_MS = 4000
const ROUNDS = 5

export interface LatencySide {
  port: number
  /** Makes what to send, anew for each round. */
  source(): () => string
}

export interface LatencyLoad {
  perSecond: number
  /** Which latency of a round counts, such as 0.99. */
  quantile: number
}

/** Time to the answer at a fixed rate, by turns. The ratio is the floor's time by ours, so that more is better, as for rates. */
export async function compareLatencies(
  name: string,
  aim: Aim,
  { perSecond, quantile }: LatencyLoad,
  ours: LatencySide,
  floor: LatencySide,
): Promise<BenchResult> {
  const measure = async ({ port, source }: LatencySide) => {
    const load = { perSecond, durationMs: ROUND_MS, connections: CONNECTIONS }
    const latencies = await measureLatencies(port, source(), load)
    return latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * quantile)]!
  }
  await measure(ours)
  await measure(floor)
  const rounds: { ours: number; floor: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ ours: await measure(ours), floor: await measure(floor) })
  }
  const speeds = rounds.map((round) => ({ ours: 1 / round.ours, floor: 1 / round.floor }))
  return {
    ...compared(name, 'us', aim, speeds),
    ours: 1000 * median(rounds.map((round) => round.ours)),
    floor: 1000 * median(rounds.map((round) => round.floor)),
  }
}
