import { describe, expect, test } from 'vitest'
import { loadSample, problemsOf } from './config-sample.ts'

const of = (length: number) => 'x'.repeat(length)
const emailOf = (length: number) => {
  const domain = `${of(60)}.`.repeat(4)
  return `${of(length - domain.length - 5)}@${domain}test`
}

describe('a text is no longer than the column that it goes into', () => {
  test.each([
    ['paymentTier.tierName', 255, (text: string) => ({ paymentTier: { tierName: text } })],
    ['paymentTier.lookupKey', 255, (text: string) => ({ paymentTier: { tierName: 'A', lookupKey: text } })],
    [
      'paymentTiers[1].tierName',
      255,
      (text: string) => ({ paymentTiers: [{ tierName: 'A' }, { tierName: text }] }),
    ],
    [
      'paymentTier.variants[0].lookupKey',
      255,
      (text: string) => ({ paymentTier: { tierName: 'A', variants: [{ label: 'L', lookupKey: text }] } }),
    ],
    ['users[0].firstName', 255, (text: string) => ({ users: [{ email: 'a@example.com', firstName: text }] })],
    ['users[0].lastName', 255, (text: string) => ({ users: [{ email: 'a@example.com', lastName: text }] })],
    [
      'users[0].groups[1]',
      255,
      (text: string) => ({ users: [{ email: 'a@example.com', groups: ['a', text] }] }),
    ],
  ])('%s: %i characters', (key, max, settings) => {
    const yaml = (length: number) => toYaml(settings(of(length)))
    expect(() => loadSample(yaml(max))).not.toThrow()
    expect(problemsOf(() => loadSample(yaml(max + 1)))).toEqual([
      `${key}: expected a text of at most ${max} characters, found a text of ${max + 1} characters`,
    ])
  })

  test('users[].email: 320 characters', () => {
    const yaml = (length: number) => toYaml({ users: [{ email: emailOf(length) }] })
    expect(loadSample(yaml(320)).config.users[0]!.email).toHaveLength(320)
    expect(problemsOf(() => loadSample(yaml(321)))).toEqual([
      'users[0].email: expected a text of at most 320 characters, found a text of 321 characters',
    ])
  })
})

test.each([
  ['users', 1000, (count: number) => ({ users: many(count, (n) => ({ email: `u${n}@example.com` })) })],
  [
    'users[0].groups',
    100,
    (count: number) => ({ users: [{ email: 'a@example.com', groups: many(count, (n) => `g${n}`) }] }),
  ],
  ['paymentTiers', 1000, (count: number) => ({ paymentTiers: many(count, (n) => ({ tierName: `t${n}` })) })],
])('%s has at most %i entries', (key, max, settings) => {
  expect(() => loadSample(toYaml(settings(max)))).not.toThrow()
  expect(problemsOf(() => loadSample(toYaml(settings(max + 1))))).toEqual([
    `${key}: expected a list of at most ${max} entries, found one of ${max + 1}`,
  ])
})

function toYaml(settings: Record<string, unknown>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join('\n')
}

function many<T>(count: number, entry: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, n) => entry(n))
}
