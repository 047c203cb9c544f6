import type { Drift } from '../lib/billing/reconcile/drift.ts'
import type { ReconcileReport } from '../lib/billing/reconcile/reconcile.ts'

/** What a reconcile found and did, for people. */
export function describeReconcile(report: ReconcileReport): string {
  const { dryRun, events, gap, ledger, customers, subscriptions, drift } = report
  const lines = gap
    ? [`warning: Stripe keeps events for 30 days: those from ${iso(gap.from)} to ${iso(gap.to)} are gone`]
    : []
  const taken = dryRun ? 'would be taken in' : 'taken in'
  lines.push(`${events.seen} events seen, ${events.missed} missed ones ${taken}`)
  if (!dryRun) {
    const { applied, ignored, failed, dead } = ledger
    lines.push(`${applied} events applied, ${ignored} ignored, ${failed} failed, ${dead} dead`)
  }
  lines.push(...drift.flatMap((one) => describeDrift(one, dryRun)))
  lines.push(`${subscriptions} subscriptions of ${customers} customers compared, ${drift.length} drifted`)
  return lines.join('\n')
}

function describeDrift({ subscription, kind, changes, mended }: Drift, dryRun: boolean): string[] {
  if (kind === 'missing') return [`${subscription}: not at Stripe; left as it is`]
  const done = mended ? 'mended' : dryRun ? 'would be mended' : 'newer by now; left as it is'
  if (kind === 'unknown') return [`${subscription}: not in the ledger; ${done}`]
  const fields = changes.map(({ field, ours, stripes }) => `  ${field}: ${show(ours)} -> ${show(stripes)}`)
  return [`${subscription}: ${done}`, ...fields]
}

function show(value: unknown): string {
  return value === null || value === undefined ? 'none' : String(value)
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
