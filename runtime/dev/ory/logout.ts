import { isJsonRequest } from './accept.ts'
import { publicUrl } from './emulator.ts'
import { type Exchange, json, noContent, redirect, renewCsrf, requestUrl } from './exchange.ts'
import { kratosError } from './kratos-error.ts'
import { secureReturnTo } from './return-to.ts'
import type { Route } from './router.ts'
import { forwarding } from './self-service-errors.ts'
import { purgeSession, requireSession } from './session-cookie.ts'
import { findSessionByToken } from './sessions.ts'
import { isObject } from './traits.ts'

export const logoutRoutes: Route[] = [
  { method: 'GET', path: '/self-service/logout/browser', handle: forwarding(begin) },
  { method: 'GET', path: '/self-service/logout', handle: forwarding(complete) },
  { method: 'DELETE', path: '/self-service/logout/api', handle: endByToken },
]

/** Gives the URL that signs the browser out; knowing its token is what protects against forced sign-outs. */
function begin(exchange: Exchange): Response {
  const { emulator, url } = exchange
  const { logoutToken } = requireSession(exchange)
  const returnTo = url.searchParams.get('return_to')
    ? secureReturnTo(emulator, requestUrl(exchange), emulator.uiUrls.login)
    : ''
  return json(exchange, {
    logout_url: publicUrl(emulator, '/self-service/logout', {
      token: logoutToken,
      ...(returnTo ? { return_to: returnTo } : {}),
    }),
    logout_token: logoutToken,
  })
}

function complete(exchange: Exchange): Response {
  const { emulator, url, request } = exchange
  const token = url.searchParams.get('token')
  if (!token) throw kratosError(400, { reason: 'Please include a token in the URL query.' })

  const session = requireSession(exchange)
  if (session.logoutToken !== token) {
    throw kratosError(403, {
      reason:
        'Unable to log out because the logout token in the URL query does not match the session cookie.',
    })
  }

  purgeSession(exchange, session)
  renewCsrf(exchange)
  const returnTo = secureReturnTo(emulator, requestUrl(exchange), emulator.uiUrls.login)
  return isJsonRequest(request) ? noContent(exchange) : redirect(exchange, returnTo)
}

async function endByToken(exchange: Exchange): Promise<Response> {
  const { emulator } = exchange
  const token = await sentToken(exchange)
  const session = findSessionByToken(emulator, token)
  if (!session) {
    throw kratosError(403, {
      reason: 'The provided Ory Session Token could not be found, is invalid, or otherwise malformed.',
    })
  }
  emulator.database.prepare('UPDATE sessions SET active = 0 WHERE id = ?').run(session.id)
  return noContent(exchange)
}

async function sentToken(exchange: Exchange): Promise<string> {
  const raw = await exchange.body()
  if (raw === '') {
    throw kratosError(400, {
      reason: 'Unable to decode HTTP Request Body because its HTTP Header "Content-Length" is zero.',
    })
  }
  const body = parse(raw)
  return isObject(body) && typeof body.session_token === 'string' ? body.session_token : ''
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch (error) {
    throw kratosError(400, { reason: `Unable to decode JSON payload: ${(error as Error).message}` })
  }
}
