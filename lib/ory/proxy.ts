import { clearLoopTokenCookie, LOOP_TOKEN_COOKIE } from '../auth/loop-token-cookie.ts'
import { isOwnCredential } from '../auth/own-credential.ts'
import type { Config } from '../config.ts'
import { cookieValues } from '../http/cookies.ts'
import { ApiError } from '../http/errors.ts'
import { readBytes } from '../http/read-body.ts'
import { requireOwnPage } from './proxy-origin.ts'
import { publicPath } from './proxy-path.ts'
import {
  askBefore,
  hasEnded,
  revokeEnded,
  type SessionEnd,
  sessionEndOf,
  withSessionToken,
} from './proxy-session-end.ts'
import { type ProxyCall, type RelayTarget, relay, streamedBody } from './relay.ts'

/** Room for a session token in JSON. */
const MAX_LOGOUT_BYTES = 16 * 1024

/**
 * Relays a request to Kratos' public API and its answer back, both streamed. Where the call ends a session, that session
 * is revoked here too and the loopToken removed.
 * @param rawPath the path below the prefix, still encoded
 * @throws {ApiError} `not_found`, `origin_not_allowed`, `upstream_unavailable`, `payload_too_large`
 */
export async function proxyToKratos(call: ProxyCall, rawPath: string): Promise<Response> {
  const { request, env, ctx } = call
  const path = publicPath(rawPath)
  if (path === undefined) throw new ApiError('not_found')
  requireOwnPage(request, path, env.config)

  const end = sessionEndOf(request, path, env.config)
  if (end) {
    const settled = relaySessionEnd(call, path, end)
    // A caller that hangs up must not keep the revocation from happening.
    ctx.waitUntil(settled.catch(() => undefined))
    return settled
  }

  const answer = await relay(call, kratosTarget(env.config), path, streamedBody(request))
  if (
    path === 'sessions/whoami' &&
    answer.status === 401 &&
    cookieValues(request, LOOP_TOKEN_COOKIE).length
  ) {
    answer.headers.append('set-cookie', clearLoopTokenCookie(env.config))
  }
  return answer
}

async function relaySessionEnd(call: ProxyCall, path: string, named: SessionEnd): Promise<Response> {
  const { request, env, trace } = call
  const body = request.method === 'GET' ? null : await readBytes(request, MAX_LOGOUT_BYTES)
  const end = named.ends === 'token' && body ? withSessionToken(named, body) : named

  const before = await askBefore(end, env, trace)
  const answer = await relay(call, kratosTarget(env.config), path, body?.length ? body : null)
  if (!(await hasEnded(end, answer, before, env, trace))) return answer

  answer.headers.append('set-cookie', clearLoopTokenCookie(env.config))
  try {
    await revokeEnded(end, before, request, env)
  } catch (error) {
    env.log.error({ err: error, ends: end.ends }, 'session ended at Kratos is not revoked here')
  }
  return answer
}

function kratosTarget({ kratos }: Config): RelayTarget {
  return {
    service: 'kratos',
    url: kratos.url,
    adminUrl: kratos.adminUrl,
    timeoutMs: kratos.proxyTimeoutMs,
    retryMs: kratos.proxyRetryMs,
    isOurs: isOwnCredential,
  }
}
