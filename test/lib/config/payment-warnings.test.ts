import { expect, test } from 'vitest'
import { paymentGaps } from '../../../lib/config/payment-warnings.ts'
import { loadSample } from './config-sample.ts'

const TIERS = 'paymentTiers: [{ tierName: Standard, lookupKey: standard }]'

test('keys of Stripe of another kind are warned of, without the keys', () => {
  expect(
    loadSample('stripe: { secretKey: pk_live_a, webhookSecret: [whsec_b, sk_test_c] }').warnings,
  ).toEqual([
    'stripe.secretKey is no secret or restricted key (sk_…, rk_…)',
    'stripe.webhookSecret[1] is no signing secret (whsec_…)',
  ])
})

test.each(['sk_test_a', 'sk_live_a', 'rk_test_a', 'rk_live_a'])('%s is a key of the right kind', (key) => {
  expect(loadSample(`stripe: { secretKey: ${key}, webhookSecret: whsec_b }`).warnings).toEqual([])
})

test.each([
  ['nothing of Stripe', TIERS, []],
  [
    'everything',
    `stripe: { secretKey: sk_test_a, webhookSecret: whsec_b, successBaseUrl: 'http://app' }\n${TIERS}`,
    [],
  ],
  [
    'a key alone',
    'stripe: { secretKey: sk_test_a }',
    [
      'stripe.webhookSecret is missing: every event of Stripe is refused',
      'stripe.successBaseUrl is missing: no checkout can be opened',
      'no tier has a lookupKey: nothing can be sold',
    ],
  ],
  [
    'a webhook without a key',
    'stripe: { webhookSecret: whsec_b }',
    ['stripe.secretKey is missing: nothing can be sold, and events that need an answer of Stripe wait'],
  ],
])('of a configuration with %s is told what is missing', (_, yaml, gaps) => {
  expect(paymentGaps(loadSample(yaml).config)).toEqual(gaps)
})
