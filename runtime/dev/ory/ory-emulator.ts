import { handleAdmin } from './admin-handler.ts'
import { listMails } from './courier.ts'
import { openDatabase, persistentKey, pruneDatabase } from './database.ts'
import { csrfCookieName, type Emulator, type Lifespans, type Mail, type UiUrls } from './emulator.ts'
import { handlePublic } from './public-handler.ts'

export type { Lifespans, Mail, UiUrls }

export interface OryEmulatorOptions {
  /** Where browsers reach the public API, such as `http://127.0.0.1:8000/authlance/identity/`. */
  publicBaseUrl: string
  adminBaseUrl: string
  uiUrls: UiUrls
  /** Prefixes that a `return_to` may have; default the page that `uiUrls.default` names. */
  allowedReturnUrls?: string[]
  /** Where to keep everything; absent, in memory. */
  dataFile?: string
  clock?: { now(): number }
  /** Told about each mail when it is sent. */
  onMail?(mail: Mail): void
  /** Told about faults of the emulator, which answer 500; default a warning of the process. */
  onError?(error: unknown): void
  /** Default true, as with Kratos. */
  cookieSecure?: boolean
  /** Defaults: flows and codes an hour, sessions a day, privileged for 15 minutes. */
  lifespans?: Partial<Lifespans>
}

export interface OryEmulator {
  publicFetch(request: Request): Promise<Response>
  adminFetch(request: Request): Promise<Response>
  /** Every mail so far, the oldest first. */
  mails(): Mail[]
  close(): void
}

const defaultLifespans: Lifespans = {
  flowSeconds: 3600,
  sessionSeconds: 86400,
  codeSeconds: 3600,
  privilegedSeconds: 900,
}

/**
 * Stands in for Ory Kratos 1.3 on a developer's machine: passwords, recovery and verification by code, settings,
 * sessions, and the admin calls that this product makes, with Kratos' JSON, statuses, cookies and CSRF checks.
 * It has no second factors, no social sign-in and no OAuth2. Never use it in production.
 */
export function createOryEmulator(options: OryEmulatorOptions): OryEmulator {
  const { clock = { now: Date.now }, onMail = () => {}, onError = warn } = options
  const database = openDatabase(options.dataFile)
  pruneDatabase(database, clock.now())
  const emulator: Emulator = {
    database,
    publicBaseUrl: options.publicBaseUrl,
    adminBaseUrl: options.adminBaseUrl,
    uiUrls: options.uiUrls,
    allowedReturnUrls: options.allowedReturnUrls ?? [options.uiUrls.default],
    lifespans: { ...defaultLifespans, ...options.lifespans },
    cookieSecure: options.cookieSecure ?? true,
    csrfCookieName: csrfCookieName(options.publicBaseUrl),
    cookieKey: persistentKey(database, 'cookie'),
    now: () => clock.now(),
    onMail,
    onError,
  }
  return {
    publicFetch: (request) => handlePublic(emulator, request),
    adminFetch: (request) => handleAdmin(emulator, request),
    mails: () => listMails(emulator),
    close: () => database.close(),
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}
