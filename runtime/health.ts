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
  const late = new Promise<'late'>((resolve) => setTimeout(resolve, timeoutMs, 'late'))
  const result = await Promise.race([reachable().catch(() => 'failed' as const), late])
  const latencyMs = Math.round((performance.now() - startedAt) * 10) / 10
  if (result === true) return { state: 'up', latencyMs }
  return {
    state: otherwise,
    latencyMs,
    detail: result === false ? detail : result === 'late' ? 'timed out' : 'unreachable',
  }
}

function worst(parts: PartHealth[]): HealthReport['state'] {
  if (parts.some((part) => part.state === 'down')) return 'down'
  return parts.some((part) => part.state === 'degraded') ? 'degraded' : 'up'
}
