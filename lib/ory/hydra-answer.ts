import type { Env } from '../env.ts'
import { ApiError } from '../http/errors.ts'
import type { Log } from '../log.ts'
import type { Hydra } from './hydra.ts'
import type { HydraRefusal } from './hydra-consent.ts'
import type { UpstreamFailure } from './upstream-json.ts'

/** Hydra's admin API. @throws {ApiError} `not_found` where none is configured */
export function requireHydra({ hydra }: Pick<Env, 'hydra'>): Hydra {
  if (!hydra) throw new ApiError('not_found')
  return hydra
}

/**
 * The answer to a call that Hydra did not take: its own words for what the caller got wrong, as Ory's clients expect.
 * @throws {ApiError} `upstream_unavailable` for trouble that is none of the caller's
 */
export function refusedByHydra(result: HydraRefusal | UpstreamFailure, log: Log): Response {
  if (result.kind === 'refused') return Response.json(result.body ?? {}, { status: result.status })

  log.warn({ reason: result.reason, upstreamStatus: result.status }, 'Hydra gave no usable answer')
  const seconds = result.retryAfterSeconds
  const headers = seconds ? { 'retry-after': String(seconds) } : undefined
  throw new ApiError('upstream_unavailable', { headers })
}
