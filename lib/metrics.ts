/** What the product counts. Hosts decide where it goes: Prometheus on Node, nowhere on the edge. */
export interface Metrics {
  countRequest(route: string, method: string, status: number, durationMs: number): void
  countExchange(outcome: string): void
  observeUpstream(service: 'kratos' | 'hydra', operation: string, outcome: string, durationMs: number): void
  /** The text exposition of everything counted. */
  render(): Promise<{ contentType: string; text: string }>
}

/** Counts nothing. */
export const noMetrics: Metrics = {
  countRequest() {},
  countExchange() {},
  observeUpstream() {},
  render: async () => ({ contentType: 'text/plain; version=0.0.4', text: '' }),
}
