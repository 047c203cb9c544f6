import { randomInt, randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { transaction } from './database.ts'
import type { Emulator } from './emulator.ts'
import type { Exchange } from './exchange.ts'
import { getIdentity } from './identities.ts'
import type { Identity } from './identity.ts'
import { kratosError, notFound } from './kratos-error.ts'
import type { Device, Session } from './session.ts'

/**
 * Signs an identity in. With `previous`, a session of the same identity is confirmed and extended; another one's is
 * left alone and a new session begins.
 * @throws 401 when the identity is disabled
 */
export function openSession(
  exchange: Exchange,
  identity: Identity,
  method: string,
  previous?: Session,
): Session {
  const { emulator } = exchange
  if (identity.state !== 'active') {
    throw kratosError(401, {
      reason: 'This account was disabled.',
      details: { identity_id: identity.id },
      message: 'identity is disabled',
    })
  }
  const now = emulator.now()
  const kept = previous?.identity.id === identity.id ? previous : undefined
  const session: Session = {
    id: kept?.id ?? randomUUID(),
    token: kept?.token ?? `ory_st_${randomToken()}`,
    logoutToken: kept?.logoutToken ?? `ory_lo_${randomToken()}`,
    active: true,
    methods: [...(kept?.methods ?? []), { method, aal: 'aal1', completedAt: now }],
    issuedAt: now,
    authenticatedAt: now,
    expiresAt: now + emulator.lifespans.sessionSeconds * 1000,
    identity,
    devices: [...(kept?.devices ?? []), deviceOf(exchange)],
  }
  saveSession(emulator, session)
  return session
}

/** Stores a session. Kratos keeps only the devices that a session began with. */
function saveSession({ database, now }: Emulator, session: Session): void {
  transaction(database, () => {
    database
      .prepare(
        `INSERT INTO sessions (id, identity_id, token, logout_token, active, methods, issued_at, authenticated_at, expires_at, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET active = excluded.active, methods = excluded.methods,
           issued_at = excluded.issued_at, authenticated_at = excluded.authenticated_at, expires_at = excluded.expires_at`,
      )
      .run(
        session.id,
        session.identity.id,
        session.token,
        session.logoutToken,
        session.active ? 1 : 0,
        JSON.stringify(session.methods),
        session.issuedAt,
        session.authenticatedAt,
        session.expiresAt,
        now(),
      )
    if (count(database, session.id) > 0) return
    for (const { id, ipAddress, userAgent } of session.devices) {
      database
        .prepare(
          'INSERT INTO devices (id, session_id, ip_address, user_agent, created_at) VALUES (?, ?, ?, ?, ?)',
        )
        .run(id, session.id, ipAddress, userAgent, now())
    }
  })
}

function count(database: DatabaseSync, sessionId: string): number {
  return database.prepare('SELECT COUNT(*) AS devices FROM devices WHERE session_id = ?').get(sessionId)
    ?.devices as number
}

export function findSessionByToken({ database }: Emulator, token: string): Session | undefined {
  const row = database.prepare('SELECT * FROM sessions WHERE token = ?').get(token)
  return row && fromRow(database, row)
}

/** @throws 404 */
export function getSession({ database }: Emulator, id: string): Session {
  const row = database.prepare('SELECT * FROM sessions WHERE id = ?').get(id)
  if (!row) throw notFound()
  return fromRow(database, row)
}

export interface SessionFilter {
  identityId?: string
  exceptId?: string
  active?: boolean
}

/** Sessions that fit, the latest sign-in first. */
export function listSessions(
  { database, now }: Emulator,
  filter: SessionFilter,
  order = 'authenticated_at',
): Session[] {
  const { identityId = null, exceptId = null } = filter
  const active = filter.active === undefined ? null : Number(filter.active)
  const rows = database
    .prepare(
      `SELECT * FROM sessions
       WHERE (?1 IS NULL OR identity_id = ?1) AND (?2 IS NULL OR id <> ?2)
         AND (?3 IS NULL OR (active = 1 AND expires_at >= ?4) = ?3)
       ORDER BY ${order === 'authenticated_at' ? 'authenticated_at' : 'created_at'} DESC, rowid DESC`,
    )
    .all(identityId, exceptId, active, now())
  return rows.map((row) => fromRow(database, row))
}

export function revokeSession({ database }: Emulator, id: string, identityId: string): void {
  database.prepare('UPDATE sessions SET active = 0 WHERE id = ? AND identity_id = ?').run(id, identityId)
}

/** Forgets all sessions of an identity and counts them. */
export function deleteSessionsOf({ database }: Emulator, identityId: string): number {
  return Number(database.prepare('DELETE FROM sessions WHERE identity_id = ?').run(identityId).changes)
}

/** Ends an identity's other sessions and counts them, those that had ended before included. */
export function revokeOtherSessions({ database }: Emulator, identityId: string, exceptId: string): number {
  const { changes } = database
    .prepare('UPDATE sessions SET active = 0 WHERE identity_id = ? AND id <> ?')
    .run(identityId, exceptId)
  return Number(changes)
}

function fromRow(database: DatabaseSync, row: Record<string, unknown>): Session {
  const id = row.id as string
  const devices = database
    .prepare('SELECT * FROM devices WHERE session_id = ? ORDER BY created_at, rowid')
    .all(id)
  return {
    id,
    token: row.token as string,
    logoutToken: row.logout_token as string,
    active: row.active === 1,
    methods: JSON.parse(row.methods as string),
    issuedAt: row.issued_at as number,
    authenticatedAt: row.authenticated_at as number,
    expiresAt: row.expires_at as number,
    identity: getIdentity(database, row.identity_id as string),
    devices: devices.map((device) => ({
      id: device.id as string,
      ipAddress: device.ip_address as string,
      userAgent: device.user_agent as string | null,
    })),
  }
}

function deviceOf({ request }: Exchange): Device {
  const forwarded = request.headers.get('x-forwarded-for')?.split(',')[0]?.trim()
  const ipAddress =
    request.headers.get('true-client-ip') ?? request.headers.get('x-real-ip') ?? forwarded ?? '127.0.0.1:0'
  return { id: randomUUID(), ipAddress, userAgent: request.headers.get('user-agent') }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

function randomToken(): string {
  return Array.from({ length: 32 }, () => alphabet[randomInt(alphabet.length)]).join('')
}
