import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../lib/config.ts'
import { judgeSecrets } from '../../../lib/doctor/judge-secrets.ts'
import { namedSecrets } from '../../../lib/doctor/named-secrets.ts'
import { seededRandom } from '../../parts/seeded-random.ts'

const STRONG = 'q3Zr8vN1xK5tB7mW2yL9pD4sF6hJ0cRgTnVbYuXe'
const judge = (value: string, key = 'jwtKey[0]') =>
  judgeSecrets([{ key, value }], { debug: false }).map(({ id, state }) => `${state} ${id}`)

describe('the strength of a secret', () => {
  test.each([
    'changeme-changeme-changeme-changeme',
    'PLEASE-CHANGE-ME-I-AM-VERY-INSECURE',
    'youReallyNeedToChangeThis-youReallyNeedToChangeThis',
    'this-is-an-example-key-that-is-long-enough-please-replace-it',
    'secret',
    'mail-password',
    '1234567890123456789012345678901234567890',
    'hunter2hunter2',
  ])('%s is a sample', (value) => {
    expect(judge(value)).toEqual(['broken secrets.sample'])
  })

  test.each([
    ['k9#Xw2!', 'warn secrets.short'],
    ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'warn secrets.entropy'],
    ['zxzxzxzxzxzxzxzxzxzxzxzxzxzxzxzxzxzxzxzx', 'warn secrets.entropy'],
    [STRONG, 'ok secrets.strength'],
  ])('%s: %s', (value, expected) => {
    expect(judge(value)).toEqual([expected])
  })

  test('no random secret of 24 bytes is refused', () => {
    const random = seededRandom(7)
    for (let n = 0; n < 2000; n++) {
      const bytes = Uint8Array.from({ length: 24 }, () => random.whole(0, 255))
      expect(judge(Buffer.from(bytes).toString('base64'))).toEqual(['ok secrets.strength'])
    }
  })

  test('a sample is only a warning where debug is on, and one that others issued is theirs', () => {
    const samples = [{ key: 'jwtKey[0]', value: 'changeme' }]
    expect(judgeSecrets(samples, { debug: true })).toMatchObject([{ id: 'secrets.sample', state: 'warn' }])
    expect(judge('sk_test_example', 'stripe.secretKey')).toEqual(['ok secrets.strength'])
  })
})

test('the same secret at two places is told by their keys', () => {
  const [finding] = judgeSecrets(
    [
      { key: 'jwtKey[0]', value: STRONG },
      { key: 'mailAuth.password', value: STRONG },
    ],
    { debug: false },
  )
  expect(finding).toMatchObject({
    id: 'secrets.reused',
    state: 'warn',
    evidence: { keys: ['jwtKey[0]', 'mailAuth.password'] },
  })
})

test('a backup may use the account of the database', () => {
  const secrets = [
    { key: 'database.password', value: STRONG },
    { key: 'backup.databases[0].password', value: STRONG },
  ]
  expect(judgeSecrets(secrets, { debug: false })).toMatchObject([{ state: 'ok' }])
})

test('secrets of a configuration have the names of its keys', () => {
  const { config } = parseConfig(
    {
      jwtKey: [STRONG, `${STRONG}2`],
      kratos: { url: 'http://k', adminUrl: 'http://k' },
      database: { host: 'db', user: 'u', dbname: 'd', password: 'database-pass' },
      nats: { url: 'nats://user:nats-pass@n:4222' },
      backup: { databases: [{ dbname: 'x', password: 'backup-pass' }] },
    },
    { env: {} },
  )
  expect(namedSecrets(config).toSorted((a, b) => a.key.localeCompare(b.key))).toEqual([
    { key: 'backup.databases[0].password', value: 'backup-pass' },
    { key: 'database.password', value: 'database-pass' },
    { key: 'jwtKey[0]', value: STRONG },
    { key: 'jwtKey[1]', value: `${STRONG}2` },
    { key: 'nats.password', value: 'nats-pass' },
  ])
})

test('no finding holds a secret', () => {
  const secrets = ['changeme', 'abc', 'aaaaaaaaaaaaaaaaaaaa', 'changeme'].map((value, index) => ({
    key: `k${index}`,
    value,
  }))
  const text = JSON.stringify(judgeSecrets(secrets, { debug: false }))
  for (const { value } of secrets) expect(text).not.toContain(value)
})
