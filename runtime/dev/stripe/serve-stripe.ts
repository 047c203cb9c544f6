import { serveFetch } from '../serve-fetch.ts'
import { createStripeStandIn, type StripeStandIn, type StripeStandInOptions } from './stripe-stand-in.ts'

export interface ServedStripe {
  stripe: StripeStandIn
  /** What `stripe.apiBase` is set to. */
  url: string
  close(): Promise<void>
}

/** How often what real time has made due is looked for. */
const TICK_MS = 1000

/**
 * Serves a stand-in for Stripe on a loopback port.
 * @param options `baseUrl` is set to where it is served, if absent; `port` is a free one, if absent
 */
export async function serveStripe({
  port = 0,
  ...options
}: Partial<StripeStandInOptions> & { port?: number } = {}): Promise<ServedStripe> {
  let stripe: StripeStandIn
  const server = await serveFetch((request) => stripe.fetch(request), port)
  stripe = createStripeStandIn({ baseUrl: server.url, ...options })
  const timer = setInterval(stripe.tick, TICK_MS)
  timer.unref()
  return {
    stripe,
    url: server.url,
    async close() {
      clearInterval(timer)
      stripe.close()
      await server.close()
    },
  }
}
