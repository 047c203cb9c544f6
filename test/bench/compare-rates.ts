import { measureRate } from './load.ts'
import { cpuSeconds, type Server } from './programs.ts'
import { type Aim, type BenchResult, compared } from './result.ts'

const WARM_UP_MS = 2500
const ROUND_MS = 1500
const ROUNDS = 5

export interface Side {
  /** Processor time is compared when both processes are named. */
  server: Pick<Server, 'port'> & Partial<Pick<Server, 'pid'>>
  /** One connection each. */
  requests: string[]
}

/** Loads the product and the floor by turns, after both are warm. The load is the same program with the same number of connections. */
export async function compareRates(name: string, aim: Aim, ours: Side, floor: Side): Promise<BenchResult> {
  for (const { server, requests } of [ours, floor]) await measureRate(server.port, requests, WARM_UP_MS)

  const rounds: { ours: Round; floor: Round }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ ours: await measure(ours), floor: await measure(floor) })
  }
  const result = compared(
    name,
    'req/s',
    aim,
    rounds.map((round) => ({ ours: round.ours.rate, floor: round.floor.rate })),
  )
  const cpuRatio = cost(rounds.map((round) => round.floor)) / cost(rounds.map((round) => round.ours))
  return { ...result, ...(Number.isFinite(cpuRatio) && { cpuRatio }) }
}

interface Round {
  rate: number
  /** Processor seconds of the server; NaN where unknown. */
  cpu: number
}

async function measure({ server, requests }: Side): Promise<Round> {
  const cpu = () => (server.pid && cpuSeconds(server.pid)) ?? Number.NaN
  const before = cpu()
  const rate = await measureRate(server.port, requests, ROUND_MS)
  return { rate, cpu: cpu() - before }
}

/** Processor time by answer, whatever the unit. */
function cost(rounds: Round[]): number {
  const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0)
  return total(rounds.map(({ cpu }) => cpu)) / total(rounds.map(({ rate }) => rate))
}
