import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'

/** A mail that the emulated courier has "sent". */
export interface Mail {
  id: string
  recipient: string
  subject: string
  templateType: string
  code: string
  /** Milliseconds since the epoch. */
  createdAt: number
  body: string
  templateData: Record<string, unknown>
}

/** Where the pages live that flows lead a browser to. */
export interface UiUrls {
  login: string
  registration: string
  recovery: string
  verification: string
  settings: string
  error: string
  /** Where a browser goes when a flow ends and no `return_to` was asked for. */
  default: string
}

/** How long things live, in seconds. */
export interface Lifespans {
  flowSeconds: number
  sessionSeconds: number
  codeSeconds: number
  /** How long after signing in a password or an address may be changed. */
  privilegedSeconds: number
}

/** What every part of the emulator works with. */
export interface Emulator {
  database: DatabaseSync
  publicBaseUrl: string
  adminBaseUrl: string
  uiUrls: UiUrls
  /** A `return_to` must begin with one of these. */
  allowedReturnUrls: string[]
  lifespans: Lifespans
  cookieSecure: boolean
  csrfCookieName: string
  /** Seals session cookies. */
  cookieKey: Buffer
  now(): number
  onMail(mail: Mail): void
  /** Told about a failure that is no answer of Kratos: a fault of the emulator. */
  onError(error: unknown): void
}

/** `/self-service/login` under the public base URL, as `urlx.AppendPaths` does. */
export function publicUrl(emulator: Emulator, path: string, query: Record<string, string> = {}): string {
  return withQuery(`${emulator.publicBaseUrl.replace(/\/$/, '')}${path}`, query)
}

/** Adds query parameters; they are sorted by name, as Go encodes them. */
export function withQuery(url: string, query: Record<string, string>): string {
  const result = new URL(url)
  for (const [name, value] of Object.entries(query)) result.searchParams.set(name, value)
  result.searchParams.sort()
  return result.toString()
}

export function csrfCookieName(publicBaseUrl: string): string {
  return `csrf_token_${createHash('sha256').update(publicBaseUrl).digest('hex')}`
}

/** RFC 3339, as Kratos writes times. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
