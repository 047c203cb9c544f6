import { type CryptoKey, exportJWK, importJWK, importPKCS8, type JWK } from 'jose'
import { ES256_KEY } from '../config/es256-key.ts'
import { ConfigError } from '../config/problems.ts'
import type { Config } from '../config.ts'

/** A key that verifies tokens, and the algorithm that it is pinned to. */
export interface VerificationKey {
  alg: 'HS256' | 'ES256'
  kid?: string
  key: CryptoKey
}

export interface TokenKeys {
  signing: VerificationKey
  verification: VerificationKey[]
  /** Public keys for the JWKS document; empty without ES256 keys. */
  jwks: { keys: JWK[] }
  /** A key for another purpose than tokens, derived from the first `jwtKey`. */
  derive(label: string): Promise<CryptoKey>
}

/**
 * Imports the configured keys once. The first key of a list signs, all verify, so that rotation overlaps.
 * Siblings verify with the shared `jwtKey`, hence HS256 unless `token.algorithm` says ES256.
 * @throws {ConfigError} with every ES256 key that is none
 */
export async function importTokenKeys(config: Pick<Config, 'jwtKey' | 'token'>): Promise<TokenKeys> {
  const shared = await Promise.all(config.jwtKey.map(importSharedKey))
  const pairs = await importEs256Keys(config.token.es256Keys)

  const verification: VerificationKey[] = [
    ...shared.map((key): VerificationKey => ({ alg: 'HS256', key })),
    ...pairs.map(({ kid, publicKey }): VerificationKey => ({ alg: 'ES256', kid, key: publicKey })),
  ]
  const signing: VerificationKey =
    config.token.algorithm === 'ES256'
      ? signingPair(pairs.find((pair) => !pair.retired)!)
      : { alg: 'HS256', key: shared[0]! }

  return {
    signing,
    verification,
    jwks: { keys: pairs.map((pair) => pair.publicJwk) },
    derive: (label) => deriveKey(config.jwtKey[0]!, label),
  }
}

function importSharedKey(secret: string): Promise<CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, [
    'sign',
    'verify',
  ])
}

function signingPair({ kid, privateKey }: { kid: string; privateKey: CryptoKey }): VerificationKey {
  return { alg: 'ES256', kid, key: privateKey }
}

type Es256Key = Config['token']['es256Keys'][number]

async function importEs256Keys(keys: readonly Es256Key[]) {
  const results = await Promise.allSettled(keys.map(importEs256Key))

  const wrong = [...results.keys()].filter((index) => results[index]!.status === 'rejected')
  if (wrong.length > 0) throw new ConfigError(wrong.map(problemOf))

  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}

// The import's own message differs from host to host and does not say which key it means.
function problemOf(index: number) {
  const key = `token.es256Keys[${index}].privateKey`
  return { key, expected: ES256_KEY, found: 'another kind of key or a damaged one' }
}

async function importEs256Key({ kid, privateKey, retired }: Es256Key) {
  const imported = privateKey.trimStart().startsWith('{')
    ? await importJWK({ ...JSON.parse(privateKey), ext: true }, 'ES256', { extractable: true })
    : await importPKCS8(privateKey.trim(), 'ES256', { extractable: true })
  const { kty, crv, x, y } = await exportJWK(imported)
  const publicJwk: JWK = { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }
  const publicKey = (await importJWK(publicJwk, 'ES256')) as CryptoKey
  return { kid, retired, publicJwk, publicKey, privateKey: imported as CryptoKey }
}

/**
 * HMAC-SHA-256 key derived with HKDF; each label gives an unrelated key.
 * @see https://www.rfc-editor.org/rfc/rfc5869
 */
async function deriveKey(secret: string, label: string): Promise<CryptoKey> {
  const text = new TextEncoder()
  const base = await crypto.subtle.importKey('raw', text.encode(secret), 'HKDF', false, ['deriveKey'])
  const hkdf = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(),
    info: text.encode(`authlance/${label}`),
  }
  const hmac = { name: 'HMAC', hash: 'SHA-256', length: 256 }
  return crypto.subtle.deriveKey(hkdf, base, hmac, false, ['sign', 'verify'])
}
