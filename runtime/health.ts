import { within } from '../lib/async/pause.ts'
import type { Health, HealthReport, PartHealth } from '../lib/env.ts'

export interface HealthChecks {
  /** Whether the schema is what this program needs; rejects while the database is away. */
  database(): Promise<boolean>
  /** Parts whose absence only degrades: each resolves to whether it can be reached. */
  degrading: Record<string, (timeoutMs: number) => Promise<boolean>>
  stopping(): boolean
  timeoutMs: number
}

/** Asks every part at once, each within the time limit. Only the database and a stop take this replica out of service. */
export function createHealth({
  database: schemaReady,
  degrading,
  stopping,
  timeoutMs,
}: HealthChecks): Health {
  return {
    async check() {
      const entries = Object.entries(degrading).map(
        async ([name, reachable]): Promise<[string, PartHealth]> => [
          name,
          await probe(() => reachable(timeoutMs), 'degraded', timeoutMs),
        ],
      )
      const [database, ...rest] = await Promise.all([
        probe(schemaReady, 'down', timeoutMs, 'migrations are pending'),
        ...entries,
      ])
      const parts = { database, ...Object.fromEntries(rest) } as HealthReport['parts']
      if (stopping()) parts['process'] = { state: 'down', detail: 'shutting down' }
      return { state: worst(Object.values(parts)), parts }
    },
  }
}

async function probe(
  reachable: () => Promise<boolean>,
  otherwise: 'degraded' | 'down',
  timeoutMs: number,
  detail = 'unreachable',
): Promise<PartHealth> {
  const startedAt = performance.now()
  let result: boolean | 'failed' | 'late' = 'late'
  const asked = reachable().catch(() => 'failed' as const)
  await within(
    timeoutMs,
    asked.then((answer) => {
      result = answer
    }),
  )
  const latencyMs = Math.round((performance.now() - startedAt) * 10) / 10
  return { ...probed(result, otherwise, detail), latencyMs }
}

function probed(
  result: boolean | 'failed' | 'late',
  otherwise: 'degraded' | 'down',
  detail: string,
): PartHealth {
  if (result === true) return { state: 'up' }
  if (result === false) return { state: otherwise, detail }
  return { state: otherwise, detail: result === 'late' ? 'timed out' : 'unreachable' }
}

function worst(parts: PartHealth[]): HealthReport['state'] {
  if (parts.some((part) => part.state === 'down')) return 'down'
  return parts.some((part) => part.state === 'degraded') ? 'degraded' : 'up'
}
