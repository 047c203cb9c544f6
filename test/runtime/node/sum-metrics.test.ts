import type { Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { createMetrics, type NodeMetrics } from '../../../runtime/node/metrics.ts'
import { createMetricsSum, type MetricsSum } from '../../../runtime/node/sum-metrics.ts'
import type { ToWorker } from '../../../runtime/node/worker-messages.ts'

function createWorker(id: number, sum: () => MetricsSum) {
  const waiting = async () => ({ pending: 3, oldestPendingAgeMs: 2000, dead: 1 })
  const metrics = createMetrics({ outboxStats: waiting, stripeEventStats: waiting })
  const state = { answers: true }
  const worker = Object.assign(new EventEmitter(), {
    id,
    isConnected: () => true,
    send(message: ToWorker) {
      if (message.kind !== 'snapshot' || !state.answers) return true
      void metrics.snapshot().then((snapshot) => sum().receive(id, message.id, snapshot))
      return true
    },
  }) as unknown as Worker
  return { worker, metrics, state }
}

function createTwo(): {
  sum: MetricsSum
  one: ReturnType<typeof createWorker>
  two: ReturnType<typeof createWorker>
} {
  const sum = createMetricsSum()
  return { sum, one: createWorker(1, () => sum), two: createWorker(2, () => sum) }
}

function count(metrics: NodeMetrics, times: number): void {
  for (let time = 0; time < times; time++) metrics.countRequest('/livez', 'GET', 200, 3)
}

const REQUESTS = 'authlance_http_requests_total{route="/livez",method="GET",status="200"}'
const DURATIONS = 'authlance_http_request_duration_seconds_bucket{le="0.005",route="/livez"}'

test('counts and histograms are those of all workers, what waits in the tables is told once', async () => {
  const { sum, one, two } = createTwo()
  count(one.metrics, 2)
  count(two.metrics, 5)
  const lines = (await sum.render([one.worker, two.worker])).split('\n')
  expect(lines).toContain(`${REQUESTS} 7`)
  expect(lines).toContain(`${DURATIONS} 7`)
  expect(lines).toContain('authlance_outbox_pending_events 3')
  expect(lines).toContain('authlance_stripe_dead_events 1')
})

test('what a worker that ended has counted stays', async () => {
  const { sum, one, two } = createTwo()
  count(one.metrics, 2)
  count(two.metrics, 5)
  await sum.render([one.worker, two.worker])
  sum.ended(1)
  count(two.metrics, 1)
  const lines = (await sum.render([two.worker])).split('\n')
  expect(lines).toContain(`${REQUESTS} 8`)
  expect(lines).toContain('authlance_outbox_pending_events 3')
})

test('a worker that is too busy to answer is counted as it was', async () => {
  const { sum, one, two } = createTwo()
  count(one.metrics, 2)
  await sum.render([one.worker, two.worker])
  one.state.answers = false
  count(two.metrics, 4)
  expect((await sum.render([one.worker, two.worker])).split('\n')).toContain(`${REQUESTS} 6`)
})
