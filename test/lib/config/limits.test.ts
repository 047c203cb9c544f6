import { describe, expect, test } from 'vitest'
import { KEY, loadSample, loadText, problemsOf } from './config-sample.ts'

describe('a timer takes no more than', () => {
  const MAX_MS = 24 * 86_400_000

  test.each([
    'kratos.timeoutMs',
    'kratos.proxyTimeoutMs',
    'kratos.proxyRetryMs',
    'hydra.timeoutMs',
    'nats.timeoutMs',
    'database.timeoutMs',
    'events.relayIntervalMs',
    'events.leaseMs',
    'readiness.timeoutMs',
    'shutdown.timeoutMs',
  ])('24 days: %s', (key) => {
    expect(() => loadNumber(key, MAX_MS)).not.toThrow()
    for (const tooLong of [MAX_MS + 1, 3_000_000_000, 5e9]) {
      expect(problemsOf(() => loadNumber(key, tooLong))).toEqual([
        expect.stringMatching(
          new RegExp(`^${key}: expected a whole number from \\d+ to ${MAX_MS}, found "${tooLong}"$`),
        ),
      ])
    }
  })

  test('24 days: license.refreshInterval', () => {
    const load = (time: string) => loadSample(`license: { refreshInterval: ${time} }`)
    expect(load('24d').config.license.refreshInterval).toBe(MAX_MS)
    for (const time of ['24d1ms', '1000d', '0s']) {
      expect(problemsOf(() => load(time))).toEqual([
        `license.refreshInterval: expected a length of time such as 30m or 1h30m, up to 24d, found "${time}"`,
      ])
    }
  })
})

test.each([
  ['events.retentionDays', 36_500],
  ['sessions.retentionDays', 36_500],
  ['license.gracePeriodDays', 36_500],
  ['events.maxAttempts', 1000],
  ['limits.jsonBytes', 2 ** 30],
  ['limits.multipartBytes', 2 ** 30],
  ['limits.avatarBytes', 2 ** 30],
])('%s is at most %i', (key, max) => {
  expect(() => loadNumber(key, max)).not.toThrow()
  expect(problemsOf(() => loadNumber(key, max + 1))).toEqual([
    expect.stringMatching(new RegExp(`^${key}: expected a whole number from \\d+ to ${max}, found `)),
  ])
})

test.each(['maxMembers: 2147483648', 'pricingTiers: [{ upTo: 2147483648 }]'])('a tier has no %s', (count) => {
  expect(problemsOf(() => loadSample(`paymentTier: { tierName: A, ${count} }`))).toEqual([
    expect.stringContaining(': expected a whole number from 0 to 2147483647, found "2147483648"'),
  ])
})

function loadNumber(key: string, value: number) {
  const [section, name] = key.split('.') as [string, string]
  const settings: Record<string, unknown> = {
    jwtKey: KEY,
    database: { file: 'x' },
    kratos: { url: 'http://k', adminUrl: 'http://k' },
  }
  settings[section] = { ...(settings[section] as object | undefined), [name]: value }
  return loadText(JSON.stringify(settings))
}
