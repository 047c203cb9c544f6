import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Emulator } from './emulator.ts'
import { type KratosError, kratosError } from './kratos-error.ts'

const tokenBytes = 32
const oneYearSeconds = 31536000

/** What one request knows about its anti-CSRF token. */
export interface CsrfState {
  /** The token as a form may carry it: masked anew for each request, empty when the request has none. */
  token: string
  /** Whether a new token has been put into this answer's cookie. */
  sent: boolean
}

/** Reads the token from its cookie. A missing or damaged one leaves the token empty. */
export function readCsrfCookie(values: string[]): CsrfState {
  const [value] = values
  if (value === undefined || values.length > 1) return { token: '', sent: false }

  const real = Buffer.from(value, 'base64')
  return { token: real.length === tokenBytes ? mask(real) : '', sent: false }
}

/** Makes a new token, once per answer, and gives the `Set-Cookie` line that carries it. */
export function regenerateCsrf(emulator: Emulator, state: CsrfState): string | undefined {
  if (state.sent) return undefined

  const real = randomBytes(tokenBytes)
  state.token = mask(real)
  state.sent = true
  const secure = emulator.cookieSecure ? '; Secure' : ''
  return `${emulator.csrfCookieName}=${real.toString('base64')}; Path=/; Max-Age=${oneYearSeconds}; HttpOnly${secure}; SameSite=Lax`
}

/** Whether two tokens, masked or not, hide the same value. */
export function verifyCsrf(expected: string, actual: string): boolean {
  const [left, right] = [unmask(expected), unmask(actual)]
  return left.length === tokenBytes && right.length === tokenBytes && timingSafeEqual(left, right)
}

/** The refusal of a forged request. Kratos gives the same hints whatever the cause. */
export function csrfViolation(): KratosError {
  return kratosError(403, {
    id: 'security_csrf_violation',
    reason:
      'Please retry the flow and optionally clear your cookies. The request was rejected to protect you from Cross-Site-Request-Forgery (CSRF) which could cause account takeover, leaking personal information, and other serious security issues.',
    details: {
      docs: 'https://www.ory.sh/kratos/docs/debug/csrf',
      hint: 'The anti-CSRF cookie was found but the CSRF token was not included in the HTTP request body (csrf_token) nor in the HTTP Header (X-CSRF-Token).',
      reject_reason:
        'The HTTP Cookie Header was set and a CSRF token was sent but they do not match. We recommend deleting all cookies for this domain and retrying the flow.',
    },
    message: 'the request was rejected to protect you from Cross-Site-Request-Forgery',
  })
}

function mask(real: Buffer): string {
  const key = randomBytes(tokenBytes)
  return Buffer.concat([key, xor(real, key)]).toString('base64')
}

function unmask(token: string): Buffer {
  const bytes = Buffer.from(token, 'base64')
  if (bytes.length !== 2 * tokenBytes) return bytes
  return xor(bytes.subarray(tokenBytes), bytes.subarray(0, tokenBytes))
}

function xor(data: Uint8Array, key: Uint8Array): Buffer {
  return Buffer.from(data.map((byte, index) => byte ^ (key[index] ?? 0)))
}
