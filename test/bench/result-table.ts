import type { Aim, BenchResult } from './result.ts'

const HEAD = ['ours / floor', 'ours', 'floor', '', 'ratio', 'spread', 'cpu', 'aim', '']

/** A table for people. `cpu` is the ratio by processor time of the servers, which other load on the machine disturbs less. */
export function resultTable(results: BenchResult[]): string {
  const rows = [HEAD, ...results.map(cells)]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function cells({ name, unit, ours, floor, ratio, spread, cpuRatio, aim, met }: BenchResult): string[] {
  const [low, high] = spread
  return [
    name,
    String(Math.round(ours)),
    String(Math.round(floor)),
    unit,
    ratio.toFixed(2),
    `${low.toFixed(2)}-${high.toFixed(2)}`,
    cpuRatio?.toFixed(2) ?? '',
    aimText(aim),
    met ? 'met' : 'missed',
  ]
}

function aimText(aim: Aim): string {
  return 'atLeast' in aim ? `>= ${aim.atLeast}` : `<= ${aim.atMost}`
}
