/** Three base64url parts; the signature of an unsigned token is empty. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/

/** Whether a token is one of ours by its form: a JWT or a personal access token. Does not verify it. */
export function isOwnCredential(token: string): boolean {
  return JWT.test(token) || /^pat_/i.test(token)
}

/** Whether a header value such as `Bearer ...` holds one of our tokens, in any of its parts. */
export function holdsOwnCredential(headerValue: string): boolean {
  return headerTokens(headerValue).some(isOwnCredential)
}

/** The parts of a header value that may be tokens. */
export function headerTokens(headerValue: string): string[] {
  return headerValue.split(/[\s,="]+/)
}

/**
 * Whether a token is ours rather than Hydra's, whose access tokens may be JWTs too: those name their own issuer, and no secret
 * that others share signs them. Does not verify it; a JWT that tells nothing of itself counts as ours.
 * @param issuer of our own tokens
 */
export function isOursNotHydras(token: string, issuer: string): boolean {
  if (!isOwnCredential(token)) return false
  const [header, payload] = token.split('.', 2).map(decodedPart)
  const { alg } = header ?? {}
  const { iss } = payload ?? {}
  const isHydras =
    typeof alg === 'string' && !/^(HS|none)/i.test(alg) && typeof iss === 'string' && iss !== issuer
  return !isHydras
}

function decodedPart(part: string): { alg?: unknown; iss?: unknown } | undefined {
  try {
    const text = atob(part.replaceAll('-', '+').replaceAll('_', '/'))
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
