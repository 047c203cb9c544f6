import Stripe from 'stripe'
import type { Config } from '../config.ts'
import { ApiError } from '../http/errors.ts'
import type { Metrics } from '../metrics.ts'
import { fetchFromStripe } from './stripe-fetch.ts'

/** Clients by their configuration: what a client holds is settings alone, so that isolates may share it between requests. */
const clients = new WeakMap<Config['stripe'], Stripe>()

/** The client of the configured account; undefined without `stripe.secretKey`. */
export function stripeClient({ stripe }: Pick<Config, 'stripe'>): Stripe | undefined {
  if (!stripe.secretKey) return undefined
  const known = clients.get(stripe)
  if (known) return known
  const { protocol, hostname, port, pathname } = new URL(stripe.apiBase)
  const client = new Stripe(stripe.secretKey, {
    host: hostname,
    port: port || (protocol === 'https:' ? 443 : 80),
    protocol: protocol === 'https:' ? 'https' : 'http',
    ...(pathname !== '/' && { basePath: pathname }),
    httpClient: Stripe.createFetchHttpClient(fetchFromStripe),
    timeout: stripe.timeoutMs,
    maxNetworkRetries: stripe.maxRetries,
    telemetry: false,
    appInfo: { name: 'authlance' },
  })
  clients.set(stripe, client)
  return client
}

/** @throws {ApiError} `payments_not_configured` without `stripe.secretKey` */
export function requireStripe({ stripe }: Pick<Config, 'stripe'>): void {
  if (!stripe.secretKey) throw new ApiError('payments_not_configured')
}

/** Down, slow, too busy, or it refuses our key: not the fault of what was asked. */
export interface StripeAway {
  kind: 'away'
  reason: string
  cause: unknown
}

/** What a call of Stripe came to. */
export type StripeAnswer<T> =
  | {
      kind: 'answer'
      value: T
      /**
       * Milliseconds since the epoch by Stripe's own clock, never a whole second: the answer shows all that happened before. It may
       * show more, of about a second.
       */
      asOf: number
    }
  /** There is no such object. */
  | { kind: 'missing' }
  | StripeAway
  /** It refuses what was asked. */
  | { kind: 'refused'; code: string; cause: unknown }

export interface StripeServices {
  config: Pick<Config, 'stripe'>
  metrics: Pick<Metrics, 'observeUpstream'>
  clock: { now(): number }
  /** What calls that belong together share. */
  reach?: StripeReach
}

/** Whether Stripe was found to be down: those who share this do not each wait for it. */
export interface StripeReach {
  outage?: StripeAway
}

/**
 * Makes one call of Stripe, with the library's own retries. Never inside a transaction.
 * @param operation names the call in the metrics
 */
export async function askStripe<T extends object>(
  { config, metrics, clock, reach }: StripeServices,
  operation: string,
  call: (stripe: Stripe) => Promise<Stripe.Response<T>>,
): Promise<StripeAnswer<Stripe.Response<T>>> {
  const stripe = stripeClient(config)
  if (!stripe) return { kind: 'away', reason: 'stripe.secretKey is not configured', cause: undefined }
  if (reach?.outage) return reach.outage
  const startedAt = performance.now()
  const askedAt = clock.now()
  const settled = await call(stripe).then((value) => {
    const elapsedMs = performance.now() - startedAt
    return { kind: 'answer', value, asOf: shownAsOf(value, { askedAt, elapsedMs }) } as const
  }, classify)
  metrics.observeUpstream('stripe', operation, settled.kind, performance.now() - startedAt)
  if (reach && settled.kind === 'away' && !isOfOneCall(settled.cause)) reach.outage = settled
  return settled
}

/**
 * The answer, for a route.
 * @throws {ApiError} `payments_unavailable` when Stripe is away, `not_found` when the object is missing
 */
export function requireAnswer<T>(answer: StripeAnswer<T>): T {
  switch (answer.kind) {
    case 'answer':
      return answer.value
    case 'missing':
      throw new ApiError('not_found')
    case 'away':
      throw new ApiError('payments_unavailable', { cause: answer.cause })
    case 'refused':
      throw answer.cause
  }
}

// The object was read at some time of the call, and the header is dated at its end: a change that came in between may belong to a
// second before the header's, and its event must not look older than the answer.
function shownAsOf(
  value: Stripe.Response<object>,
  { askedAt, elapsedMs }: { askedAt: number; elapsedMs: number },
): number {
  // By its types a plain object; of the fetch client it is a Headers, which shows nothing as a property.
  const date = Date.parse(new Headers(value.lastResponse?.headers).get('date') ?? '')
  const from = Math.floor(Number.isNaN(date) ? askedAt : date - elapsedMs)
  // A whole second is the time of an event.
  return from % 1000 === 0 ? from - 1 : from
}

function classify(error: unknown): StripeAnswer<never> {
  if (!(error instanceof Stripe.errors.StripeError)) throw error
  const { statusCode = 0, code = '', type } = error
  if (statusCode === 404 && code === 'resource_missing') return { kind: 'missing' }
  if (isAway(statusCode)) return { kind: 'away', reason: awayReason(statusCode), cause: error }
  return { kind: 'refused', code: code || type, cause: error }
}

function awayReason(status: number): string {
  switch (status) {
    case 0:
      return 'no connection, or no answer in time'
    case 401:
      return 'stripe.secretKey is refused (401)'
    case 403:
      return 'stripe.secretKey lacks a permission (403)'
    case 429:
      return 'too many calls (429)'
    default:
      return `it answered ${status}`
  }
}

/** A key may lack one permission, and two calls may meet at one object. */
function isOfOneCall(cause: unknown): boolean {
  return cause instanceof Stripe.errors.StripeError && [403, 409].includes(cause.statusCode ?? 0)
}

/** No status at all is a broken connection; 401 and 403 are a key that has to be mended; 409 and 429 pass. */
function isAway(status: number): boolean {
  return status === 0 || status >= 500 || [401, 403, 409, 429].includes(status)
}
