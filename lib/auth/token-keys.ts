import { type CryptoKey, exportJWK, importJWK, importPKCS8, type JWK } from 'jose'
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
 */
export async function importTokenKeys(config: Pick<Config, 'jwtKey' | 'token'>): Promise<TokenKeys> {
  const shared = await Promise.all(config.jwtKey.map(importSharedKey))
  const pairs = await Promise.all(config.token.es256Keys.map(importEs256Key))

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

async function importEs256Key({ kid, privateKey, retired }: Config['token']['es256Keys'][number]) {
  const imported = privateKey.trimStart().startsWith('{')
    ? await importJWK({ ...JSON.parse(privateKey), ext: true }, 'ES256', { extractable: true })
    : await importPKCS8(privateKey, 'ES256', { extractable: true })
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
