import picocolors from 'picocolors'
import type { Finding, FindingState } from '../lib/doctor/finding.ts'

/** Findings for people: a line each, under its part, and a line that counts them. */
export function describeFindings(findings: readonly Finding[], colours: boolean): string {
  const colour = picocolors.createColors(colours)
  const paint: Record<FindingState, (text: string) => string> = {
    ok: colour.green,
    warn: colour.yellow,
    broken: colour.red,
    skipped: colour.dim,
  }
  const widest = Math.max(...findings.map(({ id }) => id.length))
  const lines = [...Map.groupBy(findings, ({ part }) => part)].flatMap(([part, found]) => [
    colour.bold(part),
    ...found.map(({ id, state, message, remedy }) => {
      const start = `  ${paint[state](state.padEnd(7))}  ${id.padEnd(widest)}  ${message}`
      return remedy === '' ? start : `${start} -> ${remedy}`
    }),
  ])
  return [...lines, '', summary(findings)].join('\n')
}

function summary(findings: readonly Finding[]): string {
  const count = (state: FindingState) => findings.filter((finding) => finding.state === state).length
  return `${count('broken')} broken, ${count('warn')} warnings, ${count('ok')} ok, ${count('skipped')} skipped`
}
