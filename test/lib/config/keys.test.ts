import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { importTokenKeys } from '../../../lib/auth/token-keys.ts'
import { ConfigError } from '../../../lib/config.ts'
import { loadSample } from './config-sample.ts'

const P256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const OTHER_P256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const JWK = P256.export({ format: 'jwk' })
const EXPECTED = 'expected a P-256 private key, as PKCS #8 PEM or JWK'
const PEM = pemOf(P256)

function pemOf(key: { export(options: { type: 'pkcs8'; format: 'pem' }): string | Buffer }): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** The lines that the configuration with these keys fails with, whether it is parsed or its keys are imported. */
async function problemsOfKeys(...privateKeys: unknown[]): Promise<string[]> {
  const es256Keys = privateKeys.map((privateKey, index) => ({ kid: `k${index}`, privateKey }))
  try {
    const { config } = loadSample(`token: ${JSON.stringify({ algorithm: 'ES256', es256Keys })}`)
    await importTokenKeys(config)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
}

test.each([
  ['an RSA key', pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)],
  ['a key of another curve', pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)],
  ['an Ed25519 key', pemOf(generateKeyPairSync('ed25519').privateKey)],
  ['a PEM of garbage', '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n'],
  ['a PEM cut short', PEM.slice(0, 80)],
  ['a JWK whose parts are of two keys', { ...JWK, d: OTHER_P256.export({ format: 'jwk' }).d }],
  ['a JWK without its point', { kty: 'EC', crv: 'P-256', d: JWK.d }],
  ['a JWK for verification alone', { ...JWK, key_ops: ['verify'] }],
])('%s is named by its key and not shown', async (_, privateKey) => {
  expect(await problemsOfKeys(PEM, privateKey)).toEqual([
    `token.es256Keys[1].privateKey: ${EXPECTED}, found another kind of key or a damaged one`,
  ])
})

test.each([
  ['a public key', PEM.replaceAll('PRIVATE', 'PUBLIC')],
  ['a SEC 1 key', P256.export({ type: 'sec1', format: 'pem' }).toString()],
  ['a JWK without d', { kty: 'EC', crv: 'P-256', x: JWK.x, y: JWK.y }],
  ['garbage', 'hunter2'],
])('%s is refused without an import', async (_, privateKey) => {
  const [line, ...more] = await problemsOfKeys(privateKey)
  expect(line).toMatch(
    new RegExp(`^token\\.es256Keys\\[0\\]\\.privateKey: ${EXPECTED}, found a text of \\d+ characters$`),
  )
  expect(more).toEqual([])
})

test('every wrong key is named at once', async () => {
  const rsa = pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
  const lines = await problemsOfKeys(rsa, PEM, rsa)
  expect(lines.map((line) => line.split(':')[0])).toEqual([
    'token.es256Keys[0].privateKey',
    'token.es256Keys[2].privateKey',
  ])
})

test.each([
  ['PEM', PEM],
  ['PEM with Windows line ends', PEM.replaceAll('\n', '\r\n')],
  ['PEM with space around it', `\n  ${PEM}\n`],
  ['JWK', JWK],
  ['JWK as text', JSON.stringify(JWK)],
  ['JWK that forbids its export', { ...JWK, ext: false }],
])('a P-256 key as %s is taken', async (_, privateKey) => {
  expect(await problemsOfKeys(privateKey)).toEqual([])
})

test('keys of a retired entry are imported too, since they verify', async () => {
  const { config } = loadSample(
    `token: ${JSON.stringify({ es256Keys: [{ kid: 'a', privateKey: PEM, retired: true }] })}`,
  )
  expect((await importTokenKeys(config)).jwks.keys.map(({ kid }) => kid)).toEqual(['a'])
})
