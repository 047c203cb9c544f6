import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from '../../lib/metrics.ts'

/** What waits in a table of events. */
export interface WaitingStats {
  pending: number
  oldestPendingAgeMs: number
  dead: number
}

/** What a scrape reads. */
export interface MetricsSources {
  outboxStats(): Promise<WaitingStats>
  stripeEventStats(): Promise<WaitingStats>
}

/** Every metric of a process with its values, as it may be sent to another. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

export interface NodeMetrics extends Metrics {
  /** What this process has counted, for a sum over several. */
  snapshot(): Promise<MetricsSnapshot>
}

/** The text exposition of several processes' counts. */
export type SumMetrics = () => Promise<string>

/** Counts in this process, for Prometheus. @param sum what a scrape answers, when not this process's counts alone */
export function createMetrics(
  { outboxStats, stripeEventStats }: MetricsSources,
  sum?: SumMetrics,
): NodeMetrics {
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
  const mails = new Counter({
    name: 'authlance_mails_total',
    help: 'Mails of Kratos by what became of them',
    labelNames: ['outcome'] as const,
    registers,
  })
  addWaitingGauges(registers, { part: 'outbox', what: 'the events to deliver', stats: outboxStats })
  addWaitingGauges(registers, { part: 'stripe', what: 'the events of Stripe', stats: stripeEventStats })

  return {
    countRequest(route, method, status, durationMs) {
      requests.inc({ route, method: KNOWN_METHODS.has(method) ? method : 'other', status: String(status) })
      durations.observe({ route }, durationMs / 1000)
    },
    countExchange: (outcome) => exchanges.inc({ outcome }),
    countWebhook: (outcome) => webhooks.inc({ outcome }),
    countLedger: (outcome) => ledger.inc({ outcome }),
    countMail: (outcome) => mails.inc({ outcome }),
    observeUpstream: (service, name, outcome, ms) =>
      upstreams.observe({ service, operation: name, outcome }, ms / 1000),
    render: async () => ({
      contentType: registry.contentType,
      text: await (sum ?? (() => registry.metrics()))(),
    }),
    snapshot: () => registry.getMetricsAsJSON(),
  }
}

/** Callers choose the method, so unknown ones must not make new series. */
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

interface WaitingGauges {
  /** What the three names begin with, less `authlance_`. */
  part: string
  /** What waits, for the help texts. */
  what: string
  /** Read at each scrape. */
  stats(): Promise<WaitingStats>
}

function addWaitingGauges(registers: Registry[], { part, what, stats }: WaitingGauges): void {
  // A scrape asks all gauges at once: they share one look at the table.
  let reading: Promise<WaitingStats> | undefined
  const read = () => {
    reading ??= stats().finally(() => {
      reading = undefined
    })
    return reading
  }
  const add = (name: string, help: string, pick: (stats: WaitingStats) => number) =>
    new Gauge({
      name: `authlance_${part}_${name}`,
      help,
      // All processes look at the same tables.
      aggregator: 'first',
      registers,
      async collect() {
        this.set(await read().then(pick, () => Number.NaN))
      },
    })
  add('pending_events', `How many of ${what} wait`, ({ pending }) => pending)
  add(
    'oldest_pending_seconds',
    `Age of the oldest of ${what} that waits`,
    (one) => one.oldestPendingAgeMs / 1000,
  )
  add('dead_events', `Dead letters of ${what}`, ({ dead }) => dead)
}
