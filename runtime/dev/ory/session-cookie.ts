import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Emulator } from './emulator.ts'
import { type Exchange, renewCsrf } from './exchange.ts'
import { noActiveSession } from './kratos-error.ts'
import { isLive, type Session } from './session.ts'
import { findSessionByToken } from './sessions.ts'

const cookieName = 'ory_kratos_session'
const sealBytes = 32

/** The live session that a request proves: by `X-Session-Token`, by cookie, or by bearer token, in this order. */
export function findSession(exchange: Exchange): Session | undefined {
  const { emulator, request } = exchange
  const token = request.headers.get('x-session-token') || cookieToken(exchange) || bearerToken(request)
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
  const { emulator } = exchange
  const before = findSession(exchange)
  if (before?.identity.id !== session.identity.id) renewCsrf(exchange)
  const remainingSeconds = Math.max(0, Math.floor((session.expiresAt - emulator.now() - 1) / 1000))
  exchange.headers.append('set-cookie', cookieLine(exchange, session, remainingSeconds))
}

/** Ends the session that a request came with; only a cookie is taken back, a bearer token just dies. */
export function purgeSession(exchange: Exchange, session: Session): void {
  const { emulator, request } = exchange
  emulator.database.prepare('UPDATE sessions SET active = 0 WHERE id = ?').run(session.id)
  if (bearerToken(request) || !cookieToken(exchange)) return
  exchange.headers.append('set-cookie', cookieLine(exchange, session, 0))
}

export function bearerToken(request: Request): string {
  const [, token = ''] = /^bearer (.+)$/i.exec(request.headers.get('authorization') ?? '') ?? []
  return token
}

function cookieToken({ emulator, cookies }: Exchange): string {
  const [value] = cookies.get(cookieName) ?? []
  return value ? unseal(emulator, value) : ''
}

function cookieLine({ emulator }: Exchange, session: Session, maxAgeSeconds: number): string {
  const expires = maxAgeSeconds > 0 ? new Date(emulator.now() + maxAgeSeconds * 1000) : new Date(1000)
  const secure = emulator.cookieSecure ? '; Secure' : ''
  return `${cookieName}=${seal(emulator, session.token)}; Path=/; Expires=${expires.toUTCString()}; Max-Age=${maxAgeSeconds}; HttpOnly${secure}; SameSite=Lax`
}

/** Cookies carry the token under a signature, so that nobody can try tokens through them. */
function seal({ cookieKey }: Emulator, token: string): string {
  const content = Buffer.from(token)
  return Buffer.concat([signature(cookieKey, content), content]).toString('base64url')
}

function unseal({ cookieKey }: Emulator, value: string): string {
  const bytes = Buffer.from(value, 'base64url')
  const content = bytes.subarray(sealBytes)
  if (bytes.length <= sealBytes) return ''
  return timingSafeEqual(bytes.subarray(0, sealBytes), signature(cookieKey, content))
    ? content.toString()
    : ''
}

function signature(key: Buffer, content: Buffer): Buffer {
  return createHmac('sha256', key).update(content).digest()
}
