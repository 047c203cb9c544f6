/** What a problem names as expected where an ES256 key stands. */
export const ES256_KEY = 'a P-256 private key, as PKCS #8 PEM or JWK'

/** Whether a text has the outside of such a key: a cheap look that needs no await. Only the import tells whether it is one. */
export function looksLikeEs256Key(value: string): boolean {
  if (value.trim().startsWith('-----BEGIN PRIVATE KEY-----')) return true
  try {
    const { kty, crv, d } = JSON.parse(value)
    return kty === 'EC' && crv === 'P-256' && typeof d === 'string'
  } catch {
    return false
  }
}
