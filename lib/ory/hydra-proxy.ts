import { isOursNotHydras } from '../auth/own-credential.ts'
import { ApiError } from '../http/errors.ts'
import { plainPath } from './proxy-path.ts'
import { type ProxyCall, relay, streamedBody } from './relay.ts'

/**
 * Hydra's public API; everything else, its admin API first of all, is out of reach.
 * @see https://github.com/ory/hydra/blob/v2.3.0/oauth2/handler.go
 */
const PUBLIC = [
  /^\.well-known\/[^/]+$/,
  /^oauth2\/(auth|token|revoke|sessions\/logout)$/,
  /^oauth2\/(register|device|fallbacks)(\/[^/]+)*$/,
  /^(userinfo|credentials)$/,
]

const WELL_KNOWN = PUBLIC[0]!

/**
 * Clients may keep the discovery document and the keys for a minute, short enough for a new key, and while there is trouble for an
 * hour. @see https://www.rfc-editor.org/rfc/rfc5861#section-4
 */
const CACHEABLE = 'public, max-age=60, stale-if-error=3600'

/**
 * Relays a request to Hydra's public API and its answer back, both streamed. Hydra judges the callers: pages of other sites may
 * post to it, as OpenID Connect has it.
 * @param rawPath the path below the prefix, still encoded
 * @throws {ApiError} `not_found`, `upstream_unavailable`
 */
export async function proxyToHydra(call: ProxyCall, rawPath: string): Promise<Response> {
  const { request, env } = call
  const { hydra, issuer } = env.config
  const path = plainPath(rawPath)
  const isPublic = path !== undefined && PUBLIC.some((pattern) => pattern.test(path))
  if (!isPublic || hydra.url === undefined) throw new ApiError('not_found')

  const target = {
    service: 'hydra',
    url: hydra.url,
    adminUrl: hydra.adminUrl,
    timeoutMs: hydra.proxyTimeoutMs,
    retryMs: hydra.proxyRetryMs,
    isOurs: (token: string) => isOursNotHydras(token, issuer),
  } as const
  const answer = await relay(call, target, path, streamedBody(request))
  if (WELL_KNOWN.test(path) && answer.status === 200 && !answer.headers.has('set-cookie')) {
    answer.headers.set('cache-control', CACHEABLE)
  }
  return answer
}
