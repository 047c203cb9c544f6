import { randomUUID } from 'node:crypto'
import type { Exchange } from './exchange.ts'
import type { FormBody } from './form-body.ts'
import { readSealedCookie, setSealedCookie } from './sealed-cookie.ts'

const cookieName = 'ory_kratos_continuity'
const cookieSeconds = 2592000
const lifetimeMs = 15 * 60_000

type Method = 'password' | 'profile'
type Keys = Partial<Record<Method, string>>

/** Keeps what was submitted, until the person has confirmed who they are and comes back. */
export function pauseSubmit(exchange: Exchange, method: Method, identityId: string, body: FormBody): void {
  const { database, now } = exchange.emulator
  const id = randomUUID()
  database
    .prepare('INSERT INTO paused (id, identity_id, body, expires_at) VALUES (?, ?, ?, ?)')
    .run(id, identityId, JSON.stringify(body), now() + lifetimeMs)
  write(exchange, { ...read(exchange), [method]: id })
}

/** Takes back what this person submitted before; it can be taken once. */
export function resumeSubmit(exchange: Exchange, method: Method, identityId: string): FormBody | undefined {
  const { database, now } = exchange.emulator
  const id = read(exchange)[method]
  const row = id && database.prepare('SELECT * FROM paused WHERE id = ?').get(id)
  if (!row || (row.expires_at as number) < now() || row.identity_id !== identityId) return undefined

  forget(exchange, method, id)
  return JSON.parse(row.body as string)
}

/** Forgets whatever waits, as Kratos does whenever a settings flow begins. */
export function abortPaused(exchange: Exchange): void {
  for (const [method, id] of Object.entries(read(exchange))) forget(exchange, method as Method, id)
}

function forget(exchange: Exchange, method: Method, id: string): void {
  exchange.emulator.database.prepare('DELETE FROM paused WHERE id = ?').run(id)
  const { [method]: _, ...rest } = read(exchange)
  write(exchange, rest)
}

function read(exchange: Exchange): Keys {
  const value = readSealedCookie(exchange, cookieName)
  return value ? JSON.parse(value) : {}
}

function write(exchange: Exchange, keys: Keys): void {
  setSealedCookie(exchange, cookieName, JSON.stringify(keys), cookieSeconds)
}
