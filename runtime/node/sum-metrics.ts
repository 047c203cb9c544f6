import type { Worker } from 'node:cluster'
import { AggregatorRegistry } from 'prom-client'
import { within } from '../../lib/async/pause.ts'
import type { MetricsSnapshot } from './metrics.ts'
import type { ToWorker } from './worker-messages.ts'

/** A worker that is busier than this is counted as it was the last time. */
const ANSWER_MS = 1000

/** The counts of all workers of a primary process. */
export interface MetricsSum {
  /** Sums over these workers, and over those that have ended: a counter never goes back. */
  render(workers: Worker[]): Promise<string>
  /** A worker's answer. */
  receive(workerId: number, requestId: number, metrics: MetricsSnapshot): void
  ended(workerId: number): void
}

export function createMetricsSum(): MetricsSum {
  const latest = new Map<number, MetricsSnapshot>()
  const waiting = new Map<string, () => void>()
  let past: MetricsSnapshot = []
  let lastId = 0

  function ask(worker: Worker): Promise<void> {
    const id = ++lastId
    const key = `${worker.id}/${id}`
    return new Promise((resolve) => {
      waiting.set(key, resolve)
      worker.send({ kind: 'snapshot', id } satisfies ToWorker, (error) => {
        if (error) resolve()
      })
    })
  }

  return {
    async render(workers) {
      const connected = workers.filter((worker) => worker.isConnected())
      await within(ANSWER_MS, Promise.all(connected.map(ask)))
      return AggregatorRegistry.aggregate([...latest.values(), past]).metrics()
    },
    receive(workerId, requestId, metrics) {
      const key = `${workerId}/${requestId}`
      latest.set(workerId, metrics)
      waiting.get(key)?.()
      waiting.delete(key)
    },
    ended(workerId) {
      const last = latest.get(workerId)
      latest.delete(workerId)
      for (const key of waiting.keys()) {
        if (!key.startsWith(`${workerId}/`)) continue
        waiting.get(key)?.()
        waiting.delete(key)
      }
      if (last) past = addCounts(past, last)
    },
  }
}

/** What is no count, such as the length of a queue, has ended with the worker. */
function addCounts(past: MetricsSnapshot, last: MetricsSnapshot): MetricsSnapshot {
  const summed = AggregatorRegistry.aggregate([past, last]).getMetricsAsArray() as MetricsSnapshot
  return summed.filter(({ type }) => String(type) !== 'gauge')
}
