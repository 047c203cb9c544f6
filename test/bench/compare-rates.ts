import { measureRate, type RequestSource } from './load.ts'
import { cpuSeconds } from './programs.ts'
import { type Aim, type BenchResult, compared } from './result.ts'

const WARM_UP_MS = 2500
const ROUND_MS = 1500
const ROUNDS = 5

export interface Side {
  port: number
  /** The processes whose processor time an answer costs. */
  pids: number[]
  /** One connection each. */
  requests: RequestSource[]
}

/** Loads the product and the floor by turns, after both are warm. The load is the same program with the same number of connections. */
export async function compareRates(name: string, aim: Aim, ours: Side, floor: Side): Promise<BenchResult> {
  for (const { port, requests } of [ours, floor]) await measureRate(port, requests, WARM_UP_MS)

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
  /** Processor seconds of the servers; NaN where unknown. */
  cpu: number
}

async function measure({ port, pids, requests }: Side): Promise<Round> {
  const before = sum(pids.map(cpuSeconds))
  const rate = await measureRate(port, requests, ROUND_MS)
  return { rate, cpu: sum(pids.map(cpuSeconds)) - before }
}

/** Processor time by answer, whatever the unit. */
function cost(rounds: Round[]): number {
  return sum(rounds.map(({ cpu }) => cpu)) / sum(rounds.map(({ rate }) => rate))
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
