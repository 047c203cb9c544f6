import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { OutboxStats } from '../../lib/events/outbox-store.ts'
import type { Metrics } from '../../lib/metrics.ts'

/** Counts in this process, for Prometheus. @param outboxStats read at each scrape */
export function createMetrics(outboxStats: () => Promise<OutboxStats>): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
  const requests = new Counter({
    name: 'authlance_http_requests_total',
    help: 'Requests by route, method and status',
    labelNames: ['route', 'method', 'status'] as const,
    registers,
  })
  const durations = new Histogram({
    name: 'authlance_http_request_duration_seconds',
    help: 'Time to the answer, by route',
    labelNames: ['route'] as const,
    buckets,
    registers,
  })
  const exchanges = new Counter({
    name: 'authlance_session_exchanges_total',
    help: 'Session exchanges by outcome',
    labelNames: ['outcome'] as const,
    registers,
  })
  const upstreams = new Histogram({
    name: 'authlance_upstream_duration_seconds',
    help: 'Upstream calls by service, operation and outcome',
    labelNames: ['service', 'operation', 'outcome'] as const,
    buckets,
    registers,
  })
  const webhooks = new Counter({
    name: 'authlance_stripe_webhooks_total',
    help: 'Calls of the Stripe webhook by outcome',
    labelNames: ['outcome'] as const,
    registers,
  })
  const ledger = new Counter({
    name: 'authlance_stripe_events_total',
    help: 'Stripe events that the ledger took up, by outcome',
    labelNames: ['outcome'] as const,
    registers,
  })
  addOutboxGauges(registers, outboxStats)

  return {
    countRequest(route, method, status, durationMs) {
      requests.inc({ route, method: KNOWN_METHODS.has(method) ? method : 'other', status: String(status) })
      durations.observe({ route }, durationMs / 1000)
    },
    countExchange: (outcome) => exchanges.inc({ outcome }),
    countWebhook: (outcome) => webhooks.inc({ outcome }),
    countLedger: (outcome) => ledger.inc({ outcome }),
    observeUpstream: (service, name, outcome, ms) =>
      upstreams.observe({ service, operation: name, outcome }, ms / 1000),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}

/** Callers choose the method, so unknown ones must not make new series. */
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

function addOutboxGauges(registers: Registry[], outboxStats: () => Promise<OutboxStats>): void {
  const age = new Gauge({
    name: 'authlance_outbox_oldest_pending_seconds',
    help: 'Age of the oldest undelivered event',
    registers,
  })
  const dead = new Gauge({
    name: 'authlance_outbox_dead_events',
    help: 'Events in the dead letters',
    registers,
  })
  new Gauge({
    name: 'authlance_outbox_pending_events',
    help: 'Events not delivered yet',
    registers,
    async collect() {
      try {
        const stats = await outboxStats()
        this.set(stats.pending)
        age.set(stats.oldestPendingAgeMs / 1000)
        dead.set(stats.dead)
      } catch {
        this.set(Number.NaN)
      }
    },
  })
}
