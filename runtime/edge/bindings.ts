/** Another worker, or the static files of this one. */
export interface Fetcher {
  fetch(input: Request | string, init?: RequestInit): Promise<Response>
}

/** What a worker is deployed with: `CONFIG` and the variables and secrets that it refers to stand beside these. */
export interface EdgeBindings {
  [name: string]: unknown
  /** The configuration, as JSON text or an object. */
  CONFIG?: unknown
  /** The worker that publishes the outbox; without it, events wait for that worker's schedule. */
  FLUSH?: Fetcher
  /** Static files of the API reference page. */
  ASSETS?: Fetcher
}

/** What workerd passes with each call. */
export interface WorkerContext {
  waitUntil(promise: Promise<unknown>): void
}
