import { type Exchange, json, noContent } from './exchange.ts'
import { KratosError, kratosError } from './kratos-error.ts'
import { itemsOf, pageOf, paginationHeaders } from './pagination.ts'
import type { Route } from './router.ts'
import { type Session, sessionJson } from './session.ts'
import { findSession, requireSession } from './session-cookie.ts'
import { listSessions, revokeOtherSessions, revokeSession } from './sessions.ts'
import { requireUuid } from './uuid.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

export const ownSessionRoutes: Route[] = [
  ...methods.map((method) => ({ method, path: '/sessions/whoami', handle: whoami })),
  { method: 'GET', path: '/sessions', handle: list },
  { method: 'DELETE', path: '/sessions', handle: revokeOthers },
  { method: 'DELETE', path: '/sessions/:id', handle: revoke },
]

function whoami(exchange: Exchange): Response {
  const session = findSession(exchange)
  if (!session) throw kratosError(401, { reason: 'No valid session credentials found in the request.' })

  exchange.headers.set('x-kratos-authenticated-identity-id', session.identity.id)
  return json(exchange, sessionJson(exchange.emulator, session))
}

/** Every live session of the person but the one in use. */
function list(exchange: Exchange): Response {
  const { emulator } = exchange
  const own = signedIn(exchange)
  const sessions = listSessions(emulator, { identityId: own.identity.id, exceptId: own.id, active: true })
  const page = pageOf(exchange)
  paginationHeaders(exchange, sessions.length, page)
  return json(
    exchange,
    itemsOf(sessions, page).map((session) => sessionJson(emulator, session, { bareIdentity: true })),
  )
}

function revokeOthers(exchange: Exchange): Response {
  const own = signedIn(exchange)
  return json(exchange, { count: revokeOtherSessions(exchange.emulator, own.identity.id, own.id) })
}

function revoke(exchange: Exchange, { id = '' }: Record<string, string>): Response {
  const own = signedIn(exchange)
  requireUuid(id)
  if (id === own.id) throw kratosError(400, { message: 'cannot revoke current session' })

  revokeSession(exchange.emulator, id, own.identity.id)
  exchange.headers.set('content-type', 'application/json; charset=utf-8')
  return noContent(exchange)
}

function signedIn(exchange: Exchange): Session {
  try {
    return requireSession(exchange)
  } catch (error) {
    if (error instanceof KratosError) throw kratosError(401, { reason: 'No valid session cookie found.' })
    throw error
  }
}
