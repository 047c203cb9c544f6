/** One line of the table: the product against the floor of the same run. */
export interface BenchResult {
  name: string
  unit: string
  ours: number
  floor: number
  /** `ours / floor`: the median of the rounds. */
  ratio: number
  /** Lowest and highest ratio of the rounds. */
  spread: [number, number]
  aim: { atLeast: number } | { atMost: number }
  met: boolean
  /** The floor's processor time for an answer by the product's, where a server process is compared: other load disturbs it less. */
  cpuRatio?: number
}

export type Aim = BenchResult['aim']

/** @param rounds what was measured, the product and the floor by turns */
export function compared(
  name: string,
  unit: string,
  aim: Aim,
  rounds: { ours: number; floor: number }[],
): BenchResult {
  const ratios = rounds.map(({ ours, floor }) => ours / floor)
  const ratio = median(ratios)
  return {
    name,
    unit,
    ours: median(rounds.map(({ ours }) => ours)),
    floor: median(rounds.map(({ floor }) => floor)),
    ratio,
    spread: [Math.min(...ratios), Math.max(...ratios)],
    aim,
    met: 'atLeast' in aim ? ratio >= aim.atLeast : ratio <= aim.atMost,
  }
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
