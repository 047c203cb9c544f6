import { STATUS_CODES } from 'node:http'

/** The part of an error that stands under `error` on the wire. */
export interface ErrorDetail {
  id?: string
  code: number
  status: string
  reason?: string
  details?: Record<string, unknown>
  message: string
}

/** A failure in the words that Kratos uses; `extra` stands beside `error` in the answer. */
export class KratosError extends Error {
  readonly detail: ErrorDetail
  readonly extra: Record<string, unknown>

  constructor(detail: ErrorDetail, extra: Record<string, unknown> = {}) {
    super(detail.message)
    this.detail = detail
    this.extra = extra
  }

  get body(): Record<string, unknown> {
    return { error: this.detail, ...this.extra }
  }
}

const defaultMessages: Record<number, string> = {
  400: 'The request was malformed or contained invalid parameters',
  401: 'The request could not be authorized',
  403: 'The requested action was forbidden',
  404: 'The requested resource could not be found',
  409: 'The resource could not be created due to a conflict',
  410: 'The requested resource is no longer available because it has expired or is otherwise invalid.',
  500: 'An internal server error occurred, please contact the system administrator',
}

type ErrorParts = Partial<Pick<ErrorDetail, 'id' | 'reason' | 'details' | 'message'>>

/** An error with the status' usual words unless `parts` says otherwise. */
export function kratosError(
  code: number,
  parts: ErrorParts = {},
  extra: Record<string, unknown> = {},
): KratosError {
  const { id, reason, details, message = defaultMessages[code] ?? '' } = parts
  return new KratosError(
    {
      ...(id ? { id } : {}),
      code,
      status: STATUS_CODES[code] ?? '',
      ...(reason ? { reason } : {}),
      ...(details ? { details } : {}),
      message,
    },
    extra,
  )
}

/** What Kratos says when a row that was asked for by id is not there. */
export function notFound(): KratosError {
  return kratosError(404, { message: 'Unable to locate the resource' })
}

export function noActiveSession(): KratosError {
  return kratosError(401, {
    id: 'session_inactive',
    reason: 'No active session was found in this request.',
    message: 'request does not have a valid authentication session',
  })
}
