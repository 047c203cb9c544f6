import { expect, it } from 'vitest'
import { importTokenKeys } from '../../../lib/auth/token-keys.ts'
import { signAvailability, verifyAvailability } from '../../../lib/billing/availability.ts'
import { parseConfig } from '../../../lib/config.ts'

const NOW = Date.UTC(2026, 0, 1)
const CHECKED = { name: 'acme', identity: 'ada' }
const keys = await keysOf('a-key-of-tests-that-is-32-bytes-long')

function keysOf(jwtKey: string) {
  const { config } = parseConfig(
    { jwtKey, database: { file: ':memory:' }, kratos: { url: 'http://k', adminUrl: 'http://k' } },
    { env: {} },
  )
  return importTokenKeys(config)
}

it('an availability signature holds for 30 minutes, for the name and the identity that it was made for', async () => {
  const signature = await signAvailability(keys, CHECKED, NOW)
  const holds = (checked = CHECKED, now = NOW) => verifyAvailability(keys, signature, checked, now)
  expect(await holds()).toBe(true)
  expect(await holds(CHECKED, NOW + 30 * 60_000 - 1)).toBe(true)
  expect(await holds(CHECKED, NOW + 30 * 60_000)).toBe(false)
  expect(await holds({ ...CHECKED, name: 'acne' })).toBe(false)
  expect(await holds({ ...CHECKED, identity: 'eve' })).toBe(false)
  expect(await holds({ name: 'acmea', identity: 'da' })).toBe(false)
})

it('no other text passes for an availability signature', async () => {
  const signature = await signAvailability(keys, CHECKED, NOW)
  const [expiry, mac] = signature.split('.') as [string, string]
  const foreign = await signAvailability(await keysOf('another-key-that-is-32-bytes-long!!!'), CHECKED, NOW)
  const texts = [
    '',
    '.',
    expiry,
    `${Number(expiry) + 1}.${mac}`,
    `${expiry}.${mac}=`,
    `${signature}a`,
    foreign,
  ]
  for (const text of [...texts, `${expiry}.${'*'.repeat(43)}`, `1e20.${mac}`, `${expiry}.${mac}\n`]) {
    expect(await verifyAvailability(keys, text, CHECKED, NOW), text).toBe(false)
  }
})
