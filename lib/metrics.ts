/** What the product counts. Hosts decide where it goes: Prometheus on Node, nowhere on the edge. */
export interface Metrics {
  countRequest(route: string, method: string, status: number, durationMs: number): void
  countExchange(outcome: string): void
  observeUpstream(service: UpstreamService, operation: string, outcome: string, durationMs: number): void
  /** A call of the Stripe webhook. */
  countWebhook(outcome: WebhookOutcome): void
  /** What became of a Stripe event that the ledger took up. */
  countLedger(outcome: 'applied' | 'ignored' | 'failed' | 'dead'): void
  /** What became of a mail of Kratos. */
  countMail(outcome: 'accepted' | 'repeated' | 'straight' | 'refused' | 'unavailable'): void
  /** The text exposition of everything counted. */
  render(): Promise<{ contentType: string; text: string }>
}

export type UpstreamService = 'kratos' | 'hydra' | 'stripe'

export type WebhookOutcome = 'accepted' | 'duplicate' | 'bad_signature' | 'bad_event' | 'wrong_mode'

/** Counts nothing. */
export const noMetrics: Metrics = {
  countRequest() {},
  countExchange() {},
  observeUpstream() {},
  countWebhook() {},
  countLedger() {},
  countMail() {},
  render: async () => ({ contentType: 'text/plain; version=0.0.4', text: '' }),
}
