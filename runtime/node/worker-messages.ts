import type { LoadedConfig } from '../../lib/config.ts'
import type { MetricsSnapshot } from './metrics.ts'
import type { ListenerName } from './serve.ts'

/** What a worker tells the primary process. */
export type FromWorker =
  | { kind: 'ready' }
  /** Was told to stop by somebody else, and takes no more connections. */
  | { kind: 'leaving' }
  /** A configuration cannot be put to use, such as one whose database does not let us in; this worker keeps the one from before. */
  | { kind: 'refused'; generation: number }
  /** Asks for the counts of all workers. */
  | { kind: 'sum'; id: number }
  | { kind: 'snapshot'; id: number; metrics: MetricsSnapshot }

/** What the primary process tells a worker; what it sends first arrives first. */
export type ToWorker =
  /** Is the first: what to serve with, whatever the file says by now. */
  | { kind: 'configure'; loaded: LoadedConfig }
  /** Comes with a socket. */
  | { kind: 'connection'; listener: ListenerName }
  | { kind: 'reload'; loaded: LoadedConfig; generation: number }
  /** Readiness is to turn to `down`. */
  | { kind: 'announceStop' }
  /** No connection will come any more. */
  | { kind: 'stop' }
  /** Asks for the worker's own counts. */
  | { kind: 'snapshot'; id: number }
  | { kind: 'sum'; id: number; text: string }
