import Stripe from 'stripe'
import { onTestFinished } from 'vitest'
import { serveFetch } from '../../../../runtime/dev/serve-fetch.ts'
import { type ServedStripe, serveStripe } from '../../../../runtime/dev/stripe/serve-stripe.ts'
import type { StripeStandInOptions } from '../../../../runtime/dev/stripe/stripe-stand-in.ts'
import { seededRandom } from '../../../parts/seeded-random.ts'

export const START = Date.UTC(2026, 0, 31, 12)
export const DAY_MS = 86_400_000

/** A served stand-in whose base time stands still at `START`, until the test ends. */
export async function startStripe(options: Partial<StripeStandInOptions> = {}): Promise<ServedStripe> {
  const served = await serveStripe({ now: () => START, random: seededRandom(1).next, ...options })
  onTestFinished(served.close)
  return served
}

/** The `stripe` package, pointed at a stand-in. @param apiVersion default the package's own */
export function stripeClient(
  url: string,
  config: { apiVersion?: string; maxNetworkRetries?: number } = {},
): Stripe {
  const { hostname, port } = new URL(url)
  return new Stripe('sk_test_stand_in', {
    host: hostname,
    port,
    protocol: 'http',
    httpClient: Stripe.createFetchHttpClient(),
    maxNetworkRetries: 0,
    telemetry: false,
    ...(config as object),
  })
}

export interface Shop {
  /** 10.00 a month. */
  small: string
  /** 30.00 a month. */
  large: string
  /** 100.00 a year. */
  yearly: string
  /** 5.00 once. */
  once: string
}

/** Prices to sell. */
export function stock({ actions }: ServedStripe['stripe']): Shop {
  const price = (name: string, amount: number, interval?: 'month' | 'year') =>
    actions.createPrice({
      product: actions.createProduct({ name }).id,
      currency: 'usd',
      unit_amount: amount,
      lookup_key: name.toLowerCase(),
      recurring: interval ? { interval } : null,
    }).id
  return {
    small: price('Small', 1000, 'month'),
    large: price('Large', 3000, 'month'),
    yearly: price('Yearly', 10_000, 'year'),
    once: price('Once', 500),
  }
}

/** A customer who pays, or cannot pay, for a subscription made in the dashboard. */
export function subscribe(
  { actions }: ServedStripe['stripe'],
  price: string,
  { card = 'ok', trialDays }: { card?: 'ok' | 'declined'; trialDays?: number } = {},
) {
  const customer = actions.createCustomer({ email: 'ada@example.com' })
  actions.setPaymentMethod(customer.id, card)
  return actions.createSubscription({ customer: customer.id, price, trialDays })
}

/** The types of the events since a number of them, the oldest first. */
export function eventTypes({ state }: ServedStripe['stripe'], since = 0): string[] {
  return state
    .events()
    .slice(since)
    .map(({ type }) => type)
}

export interface Receiver {
  url: string
  /** Bodies and signatures, in the order of their arrival. */
  received: { body: string; signature: string }[]
  /** What it answers from now on. */
  answerWith(status: number): void
}

/** An endpoint that takes what it is sent, until the test ends. */
export async function startReceiver(): Promise<Receiver> {
  const received: Receiver['received'] = []
  let status = 200
  const server = await serveFetch(async (request) => {
    received.push({ body: await request.text(), signature: request.headers.get('stripe-signature') ?? '' })
    return new Response('ok', { status })
  })
  onTestFinished(server.close)
  return {
    url: `${server.url}/webhook`,
    received,
    answerWith(value) {
      status = value
    },
  }
}
