import { expect, test } from 'vitest'
import { parseSince } from '../../../lib/events/parse-since.ts'

const NOW = Date.UTC(2026, 0, 31, 12)

test.each([
  ['90s', NOW - 90_000],
  ['30m', NOW - 1_800_000],
  ['24h', NOW - 86_400_000],
  ['7d', NOW - 604_800_000],
  ['2026-01-30', Date.UTC(2026, 0, 30)],
  ['2026-01-30T10:00:00Z', Date.UTC(2026, 0, 30, 10)],
  ['2026-01-30T10:00+02:00', Date.UTC(2026, 0, 30, 8)],
])('reads %s', (text, expected) => {
  expect(parseSince(text, NOW)).toBe(expected)
})

test.each(['', '24', 'h', '-24h', '1.5h', '24 h', '1w', 'yesterday', '2026-01-30T10:00:00', '2026-13-01'])(
  'refuses %j',
  (text) => {
    expect(parseSince(text, NOW)).toBeUndefined()
  },
)
