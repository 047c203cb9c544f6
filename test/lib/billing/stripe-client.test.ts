import { expect, test } from 'vitest'
import { askStripe } from '../../../lib/billing/stripe-client.ts'
import { parseConfig } from '../../../lib/config.ts'
import { noMetrics } from '../../../lib/metrics.ts'
import { startStripe } from '../../parts/stripe.ts'

test("the time of an answer is Stripe's, however wrong the host's clock is", async () => {
  const stripeTime = Date.UTC(2026, 0, 31, 12, 0, 7)
  const { stripe, url } = await startStripe({ now: () => stripeTime + 650 })
  const { id } = stripe.actions.createCustomer()
  const nowhere = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
  const file = { jwtKey: 'k'.repeat(32), kratos: nowhere, stripe: { secretKey: 'sk_test_key', apiBase: url } }
  const { config } = parseConfig({ ...file, database: { file: ':memory:' } }, { env: {} })
  const services = { config, metrics: noMetrics, clock: { now: () => stripeTime + 3_600_000 } }

  const answer = await askStripe(services, 'customers.retrieve', (client) => client.customers.retrieve(id))
  // The call took a part of a second, in which the second before may have ended.
  const { asOf } = answer as { asOf: number }
  expect(asOf).toBeLessThan(stripeTime)
  expect(asOf).toBeGreaterThan(stripeTime - 1000)
})
