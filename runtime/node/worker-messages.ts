import type { MetricsSnapshot } from './metrics.ts'

/** What a worker tells the primary process. */
export type FromWorker =
  | { kind: 'ready'; url: string; internalUrl: string }
  /** Asks for the counts of all workers. */
  | { kind: 'sum'; id: number }
  | { kind: 'snapshot'; id: number; metrics: MetricsSnapshot }

/** What the primary process tells a worker. */
export type ToWorker =
  /** Asks for the worker's own counts. */
  { kind: 'snapshot'; id: number } | { kind: 'sum'; id: number; text: string }
