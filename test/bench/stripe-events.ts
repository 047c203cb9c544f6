import { createHmac } from 'node:crypto'
import { requestText } from './load.ts'

export const WEBHOOK_SECRET = 'whsec_of_the_benchmark'
export const WEBHOOK_PATH = '/authlance/payments/api/v1/stripe/webhook'

/** A subscription event of about the size that Stripe sends. @param index makes its id, and which subscription it is about */
export function subscriptionEvent(index: number, subscriptions: number, createdSeconds: number): string {
  const which = index % subscriptions
  const period = { current_period_start: createdSeconds, current_period_end: createdSeconds + 2_592_000 }
  const price = { id: 'price_1', object: 'price', lookup_key: 'standard', currency: 'eur', unit_amount: 2900 }
  return JSON.stringify(
    {
      id: `evt_bench_${index}_${crypto.randomUUID()}`,
      object: 'event',
      api_version: '2026-10-28.endive',
      created: createdSeconds,
      livemode: false,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      type: 'customer.subscription.updated',
      data: {
        object: {
          id: `sub_bench_${which}`,
          object: 'subscription',
          customer: `cus_bench_${which}`,
          status: index % 2 ? 'active' : 'past_due',
          created: 1_700_000_000,
          start_date: 1_700_000_000,
          currency: 'eur',
          livemode: false,
          cancel_at: null,
          cancel_at_period_end: false,
          canceled_at: null,
          ended_at: null,
          trial_start: null,
          trial_end: null,
          latest_invoice: `in_bench_${which}`,
          metadata: { note: 'x'.repeat(600) },
          items: {
            object: 'list',
            has_more: false,
            data: [
              { id: `si_${which}`, object: 'subscription_item', quantity: 1 + (index % 5), price, ...period },
            ],
          },
        },
      },
    },
    null,
    2,
  )
}

/** The delivery of an event as it goes over the wire, signed now. */
function deliveryText(body: string): string {
  const seconds = Math.floor(Date.now() / 1000)
  const signature = createHmac('sha256', WEBHOOK_SECRET).update(`${seconds}.${body}`).digest('hex')
  return requestText('POST', WEBHOOK_PATH, { 'stripe-signature': `t=${seconds},v1=${signature}` }, body)
}

/** Makes one delivery after the other, each of an event of its own. */
export function deliveries(subscriptions: number): () => string {
  let index = 0
  const begin = Math.floor(Date.now() / 1000) - 1_000_000
  return () => {
    index++
    return deliveryText(subscriptionEvent(index, subscriptions, begin + index))
  }
}
