/** Every `code` we put on the wire with its status and default sentence. Codes are stable: clients may switch on them. */
export const ERRORS = {
  invalid_request: [400, 'The request is not valid.'],
  invalid_json: [400, 'The body is not valid JSON.'],
  invalid_form: [400, 'The body is not a valid form.'],
  avatar_storage_missing: [400, 'Avatars cannot be stored: no object storage is configured.'],
  avatar_invalid: [400, 'The avatar is not a PNG, JPEG, GIF or WebP image within the size limit.'],
  webhook_signature_invalid: [400, 'The signature of the webhook is not valid.'],
  webhook_event_invalid: [400, 'The body is not a Stripe event.'],
  webhook_mode_mismatch: [400, 'The event belongs to the other mode, live or test.'],
  availability_signature_invalid: [
    400,
    'The check of the name is not valid or too old: check the name again.',
  ],
  reserved_metadata: [400, 'The extra metadata uses a reserved key.'],
  price_unknown: [400, 'There is no price with this lookup key.'],
  payments_not_configured: [400, 'Payments are not configured here.'],
  unauthenticated: [401, 'Sign in first.'],
  credentials_invalid: [401, 'The credentials are not valid.'],
  token_invalid: [401, 'The token is not valid.'],
  token_expired: [401, 'The token has expired.'],
  session_invalid: [401, 'The session is not valid.'],
  session_revoked: [401, 'The session has been signed out.'],
  session_aal2_required: [403, 'The session needs a second factor.'],
  user_banned: [403, 'The account is not active.'],
  forbidden: [403, 'You are not allowed to do this.'],
  origin_not_allowed: [403, 'Requests from this origin are not allowed.'],
  email_unverified: [403, 'Verify your e-mail address first.'],
  profile_incomplete: [403, 'Complete your profile first.'],
  not_found: [404, 'There is nothing here.'],
  method_not_allowed: [405, 'The method is not allowed here.'],
  conflict: [409, 'The change conflicts with another one.'],
  group_name_taken: [409, 'The name is taken.'],
  payload_too_large: [413, 'The body is too large.'],
  unsupported_media_type: [415, 'The content type is not supported here.'],
  too_many_checkouts: [429, 'Too many checkouts are open: finish one, or wait until it lapses.'],
  internal_error: [500, 'Something went wrong on our side.'],
  upstream_unavailable: [503, 'The identity service is not available right now.'],
  database_unavailable: [503, 'The database is not available right now.'],
  payments_unavailable: [503, 'The payment service is not available right now.'],
  mail_unavailable: [503, 'Mail cannot be taken in right now.'],
  storage_unavailable: [503, 'The object storage is not available right now.'],
} as const satisfies Record<string, readonly [status: number, sentence: string]>

export type ErrorCode = keyof typeof ERRORS

export interface ErrorOptions {
  /** A sentence for people; never a secret, a token or an upstream's own words. */
  detail?: string
  headers?: Record<string, string>
  /** Members added to the problem document, e.g. `redirect_browser_to` or `issues`. */
  extra?: Record<string, unknown>
  cause?: unknown
}

/** The one error that handlers throw; the route engine turns it into `application/problem+json`. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ErrorCode
  readonly status: number
  readonly headers: Record<string, string>
  readonly extra: Record<string, unknown>

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    super(options.detail ?? ERRORS[code][1], { cause: options.cause })
    this.code = code
    this.status = ERRORS[code][0]
    this.headers = { ...(this.status === 503 && { 'retry-after': '2' }), ...options.headers }
    this.extra = options.extra ?? {}
  }
}

/**
 * The RFC 9457 answer for an error. `error` repeats `detail`, since one client hook reads only that member.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function problemResponse(error: ApiError, requestId: string): Response {
  const body = {
    ...error.extra,
    type: `urn:authlance:error:${error.code}`,
    title: ERRORS[error.code][1],
    status: error.status,
    detail: error.message,
    code: error.code,
    requestId,
    error: error.message,
  }
  const headers = {
    ...error.headers,
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  }
  return new Response(JSON.stringify(body), { status: error.status, headers })
}
