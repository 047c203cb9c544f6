import { CompactSign, errors, type JWTVerifyResult, jwtVerify } from 'jose'
import * as z from 'zod'
import type { TokenKeys, VerificationKey } from './token-keys.ts'

/** The user as the dashboard reads it from the token; arrays are never null. */
export interface TokenUser {
  identity: string
  email: string
  firstName: string
  lastName: string
  avatar?: string
  /** ISO 8601 instant at midnight UTC. */
  birthDate?: string
  gender?: string
  roles: string[]
  /** Group names. */
  groups: string[]
  groupRoles: { group: string; role: string; user: string }[]
  state: 'active' | 'inactive'
  verified: boolean
  /** Present when groups were left out to keep the cookie under the browsers' size limit. */
  truncated?: true
}

export interface LoopTokenClaims {
  iss: string
  sub: string
  sid: string
  jti: string
  /** Seconds since the epoch. */
  iat: number
  /** Seconds since the epoch. */
  exp: number
  /** Generation of the session; a sign-out raises it. */
  gen: number
  user: TokenUser
  /** Mandatory profile fields that the user has not given. */
  missing?: string[]
}

/** What the API itself reads from a token; roles and groups come from the database. */
const VerifiedClaims = z.object({
  sub: z.string().min(1),
  sid: z.string().min(1).max(64),
  iat: z.number(),
  exp: z.number(),
  gen: z.int().nonnegative(),
})
export type VerifiedClaims = z.output<typeof VerifiedClaims>

export type TokenVerification =
  | { ok: true; claims: VerifiedClaims }
  | { ok: false; reason: 'malformed' | 'signature' | 'expired' | 'claims' }

/** Signs the claims as compact JWS. The payload is pure ASCII without `>`, `?`, `~`: see {@link escapePayload}. */
export function signLoopToken(claims: LoopTokenClaims, { signing }: TokenKeys): Promise<string> {
  const payload = new TextEncoder().encode(escapePayload(JSON.stringify(claims)))
  const header = { alg: signing.alg, typ: 'JWT', ...(signing.kid && { kid: signing.kid }) }
  return new CompactSign(payload).setProtectedHeader(header).sign(signing.key)
}

/**
 * Escapes JSON text so that its base64url form has no `-` or `_` and decodes to itself as Latin-1:
 * the dashboard runs `atob` directly on the base64url payload.
 */
export function escapePayload(json: string): string {
  return json.replace(
    /[>?~\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

export interface VerifyOptions {
  issuer: string
  clockSkewSeconds: number
  /** Longer tokens are refused before any work. */
  maxBytes: number
  /** Milliseconds since the epoch. */
  now: number
  /** For sign-out: a token that has expired still proves which session it belonged to. */
  acceptExpired?: boolean
}

/**
 * Checks form, signature, algorithm, issuer and life. Does not check that the session still stands: the
 * caller asks the database.
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
export async function verifyLoopToken(
  token: string,
  keys: TokenKeys,
  options: VerifyOptions,
): Promise<TokenVerification> {
  if (token.length > options.maxBytes) return { ok: false, reason: 'malformed' }

  let failure: TokenVerification = { ok: false, reason: 'signature' }
  for (const candidate of keys.verification) {
    const result = await verifyWith(candidate, token, options)
    if (result.ok || result.reason !== 'signature') return result
    failure = result
  }
  return failure
}

async function verifyWith(
  { alg, kid, key }: VerificationKey,
  token: string,
  options: VerifyOptions,
): Promise<TokenVerification> {
  try {
    const verified = await jwtVerify(token, key, {
      algorithms: [alg],
      issuer: options.issuer,
      clockTolerance: options.clockSkewSeconds,
      currentDate: new Date(options.now),
      requiredClaims: ['sub', 'sid', 'iat', 'exp'],
    })
    if (kid && verified.protectedHeader.kid !== kid) return { ok: false, reason: 'signature' }
    return readClaims(verified)
  } catch (error) {
    return failureOf(error, options)
  }
}

function readClaims({ payload }: Pick<JWTVerifyResult, 'payload'>): TokenVerification {
  const claims = VerifiedClaims.safeParse(payload)
  return claims.success ? { ok: true, claims: claims.data } : { ok: false, reason: 'claims' }
}

function failureOf(error: unknown, options: VerifyOptions): TokenVerification {
  if (error instanceof errors.JWTExpired) {
    return options.acceptExpired ? readClaims(error) : { ok: false, reason: 'expired' }
  }
  if (error instanceof errors.JWTClaimValidationFailed) return { ok: false, reason: 'claims' }
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JOSEAlgNotAllowed) {
    return { ok: false, reason: 'signature' }
  }
  return { ok: false, reason: 'malformed' }
}
