import { expect, test } from 'vitest'
import { createMetrics } from '../../../runtime/node/metrics.ts'

const stats = (pending: number) => async () => ({
  pending,
  oldestPendingAgeMs: pending * 1000,
  dead: pending + 1,
})

test('a scrape tells what waits of our own events and of those of Stripe', async () => {
  const metrics = createMetrics({ outboxStats: stats(2), stripeEventStats: stats(5) })
  metrics.countWebhook('wrong_mode')
  metrics.countLedger('dead')
  metrics.countMail('straight')
  const { text } = await metrics.render()
  for (const line of [
    'authlance_outbox_pending_events 2',
    'authlance_outbox_oldest_pending_seconds 2',
    'authlance_outbox_dead_events 3',
    'authlance_stripe_pending_events 5',
    'authlance_stripe_oldest_pending_seconds 5',
    'authlance_stripe_dead_events 6',
    'authlance_stripe_webhooks_total{outcome="wrong_mode"} 1',
    'authlance_stripe_events_total{outcome="dead"} 1',
    'authlance_mails_total{outcome="straight"} 1',
  ]) {
    expect(text.split('\n')).toContain(line)
  }
})

test('a scrape is answered while the database is away', async () => {
  const away = () => Promise.reject(new Error('away'))
  const { text } = await createMetrics({ outboxStats: away, stripeEventStats: away }).render()
  expect(text).toContain('authlance_stripe_pending_events Nan')
})
