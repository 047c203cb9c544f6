import { expect, test } from 'vitest'
import { streamSpec } from '../../../lib/events/streams.ts'
import { testConfig } from './outbox-fixture.ts'

const DAY_MS = 86_400_000

test('names a stream after its subject, dots as underscores', () => {
  const { name, subject } = streamSpec('stripe.webhook.event', testConfig())
  expect({ name, subject }).toEqual({ name: 'stripe_webhook_event', subject: 'stripe.webhook.event' })
})

test('keeps events for the replay window, and mail until it is sent', () => {
  const config = testConfig({ events: { retentionDays: 7 } })
  expect(streamSpec('user.created', config)).toMatchObject({ retention: 'limits', maxAgeMs: 7 * DAY_MS })
  expect(streamSpec('mail.send', config)).toMatchObject({ retention: 'workqueue', maxAgeMs: 0 })
})

test('knows a work queue behind the prefix', () => {
  const config = testConfig({ nats: { url: 'nats://127.0.0.1', prefix: 'eu.prod' } })
  expect(streamSpec('eu.prod.mail.send', config)).toMatchObject({
    name: 'eu_prod_mail_send',
    retention: 'workqueue',
  })
  const confusing = testConfig({ nats: { url: 'nats://127.0.0.1', prefix: 'mail' } })
  expect(streamSpec('mail.mail.send', confusing).retention).toBe('workqueue')
  expect(streamSpec('mail.send.user.created', confusing).retention).toBe('limits')
})
