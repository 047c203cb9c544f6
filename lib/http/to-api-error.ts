import { databaseFailure } from '../db/errors.ts'
import type { Log } from '../log.ts'
import { ApiError } from './errors.ts'

/** What goes over the wire for any thrown value; the unknown is logged whole and answered with a fixed sentence. */
export function toApiError(error: unknown, log: Log): ApiError {
  if (error instanceof ApiError) {
    if (error.status >= 500 && error.cause !== undefined)
      log.warn({ err: error.cause, code: error.code }, 'request not served')
    return error
  }
  const failure = databaseFailure(error)
  if (failure === 'unavailable' || failure === 'conflict') {
    log.error({ err: error }, failure === 'conflict' ? 'database rows stay locked' : 'database unavailable')
    return new ApiError('database_unavailable', { cause: error })
  }
  log.error({ err: error }, 'request failed')
  return new ApiError('internal_error', { cause: error })
}
