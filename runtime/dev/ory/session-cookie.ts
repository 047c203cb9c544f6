import { type Exchange, renewCsrf } from './exchange.ts'
import { noActiveSession } from './kratos-error.ts'
import { readSealedCookie, setSealedCookie } from './sealed-cookie.ts'
import { isLive, type Session } from './session.ts'
import { findSessionByToken } from './sessions.ts'

const cookieName = 'ory_kratos_session'

/** The live session that a request proves: by `X-Session-Token`, by cookie, or by bearer token, in this order. */
export function findSession(exchange: Exchange): Session | undefined {
  const { emulator, request } = exchange
  const token =
    request.headers.get('x-session-token') || readSealedCookie(exchange, cookieName) || bearerToken(request)
  const session = token ? findSessionByToken(emulator, token) : undefined
  return session && isLive(session, emulator.now()) ? session : undefined
}

/** @throws 401 `session_inactive` */
export function requireSession(exchange: Exchange): Session {
  const session = findSession(exchange)
  if (!session) throw noActiveSession()
  return session
}

/** Gives a browser its session cookie, and a new anti-CSRF token when another person was signed in before. */
export function issueCookie(exchange: Exchange, session: Session): void {
  const before = findSession(exchange)
  if (before?.identity.id !== session.identity.id) renewCsrf(exchange)
  const remainingMs = session.expiresAt - exchange.emulator.now() - 1
  setSealedCookie(exchange, cookieName, session.token, Math.max(0, Math.floor(remainingMs / 1000)))
}

/** Ends the session that a request came with; only a cookie is taken back, a bearer token just dies. */
export function purgeSession(exchange: Exchange, session: Session): void {
  exchange.emulator.database.prepare('UPDATE sessions SET active = 0 WHERE id = ?').run(session.id)
  if (bearerToken(exchange.request) || !readSealedCookie(exchange, cookieName)) return
  setSealedCookie(exchange, cookieName, session.token, 0)
}

function bearerToken(request: Request): string {
  const [, token = ''] = /^bearer (.+)$/i.exec(request.headers.get('authorization') ?? '') ?? []
  return token
}
