import { LOOP_TOKEN_COOKIE } from '../auth/loop-token-cookie.ts'
import { holdsOwnCredential } from '../auth/own-credential.ts'
import type { Config } from '../config.ts'
import { cookieNames } from '../http/cookies.ts'
import { requireOwnOrigin } from '../http/origin.ts'

/**
 * Kratos' own cookies beside the session, whatever its configuration.
 * @see https://github.com/ory/kratos/blob/v1.3.1/x/nosurf.go and continuity/manager_cookie.go
 */
const KRATOS_COOKIE = /^(csrf_token_.+|ory_kratos_continuity)$/

/** Apple posts its answer from its own page, by design; the state in it and the continuity cookie protect it. */
const PROVIDER_CALLBACK = /^self-service\/methods\/oidc\/callback\/[^/]+$/

/**
 * Refuses what another site's page may have made the browser send to Kratos: unsafe requests whose cookies count there or here.
 * Basic credentials can come from the browser, and Kratos takes a bearer token after the cookie, so neither makes up for them.
 * @param path on Kratos' public API
 * @throws {ApiError} `origin_not_allowed`
 */
export function requireOwnPage(request: Request, path: string, config: Config): void {
  if (PROVIDER_CALLBACK.test(path) || winsOverCookies(request.headers.get('x-session-token'))) return
  const counts = (name: string) =>
    name === config.kratos.sessionCookie || name === LOOP_TOKEN_COOKIE || KRATOS_COOKIE.test(name)
  if (cookieNames(request).some(counts)) requireOwnOrigin(request, config)
}

/** Kratos looks at this header first and at nothing else then; one that holds our own tokens does not reach it. */
function winsOverCookies(sessionToken: string | null): boolean {
  return !!sessionToken && !holdsOwnCredential(sessionToken)
}
