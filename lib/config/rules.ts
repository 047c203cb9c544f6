import type * as z from 'zod'
import type { FileConfig } from './schema.ts'

const MIN_KEY_BYTES = 32

type Partially<T> = T extends object ? { [K in keyof T]?: Partially<T[K]> } : T
type Refuse = (path: PropertyKey[], expected: string, found: string) => void

/** The rules between keys. It runs on half-parsed values too, so that one start names every problem. */
export function checkRules(value: Partially<FileConfig>, ctx: z.core.$RefinementCtx): void {
  // What is no map is named by the schema already.
  if (typeof value !== 'object' || Array.isArray(value)) return
  const refuse: Refuse = (path, expected, found) =>
    ctx.addIssue({ code: 'custom', path, input: undefined, params: { expected, found } })

  if (value.debug !== true) checkKeyLengths(value, refuse)
  checkDatabase(value.database ?? {}, refuse)
  checkSameSite(value, refuse)
  checkEs256Keys(value, refuse)
  checkTiers(value, refuse)
  checkUsers(value, refuse)
}

/** The indexes of the keys that are too short to be safe. */
export function shortKeys(keys: readonly unknown[]): { index: number; bytes: number }[] {
  return keys
    .map((key, index) => ({ index, bytes: byteLength(key) }))
    .filter(({ bytes }) => bytes < MIN_KEY_BYTES)
}

// What is no text is named by the schema already.
function byteLength(key: unknown): number {
  return typeof key === 'string' ? new TextEncoder().encode(key).length : MIN_KEY_BYTES
}

function checkKeyLengths({ jwtKey }: Partially<FileConfig>, refuse: Refuse): void {
  if (!Array.isArray(jwtKey)) return
  for (const { index, bytes } of shortKeys(jwtKey)) {
    const path = jwtKey.length === 1 ? ['jwtKey'] : ['jwtKey', index]
    refuse(
      path,
      `a key of at least ${MIN_KEY_BYTES} bytes (shorter ones need debug: true)`,
      `one of ${bytes} bytes`,
    )
  }
}

function checkDatabase(database: Partially<FileConfig['database']>, refuse: Refuse): void {
  const { file, host, planetscale } = database
  const chosen = [file && 'file', host && 'host', planetscale && 'planetscale'].filter(Boolean)
  if (chosen.length !== 1) {
    const found = chosen.length === 0 ? 'none of them' : chosen.join(' and ')
    refuse(['database'], 'either file, or host with user and dbname, or planetscale', found)
    return
  }
  for (const key of host ? (['user', 'dbname'] as const) : []) {
    if (!database[key]) refuse(['database', key], 'a text, as database.host is given', 'nothing')
  }
  if (!planetscale || planetscale.url) return
  for (const key of ['host', 'username', 'password'] as const) {
    if (!planetscale[key]) refuse(['database', 'planetscale', key], 'a text, or else a url', 'nothing')
  }
}

// Browsers drop a SameSite=None cookie that is not Secure.
function checkSameSite({ cookie, debug }: Partially<FileConfig>, refuse: Refuse): void {
  const secure = cookie?.secure ?? debug !== true
  if (cookie?.sameSite === 'None' && !secure) {
    refuse(['cookie', 'sameSite'], 'Lax or Strict, as cookie.secure is false', '"None"')
  }
}

function checkEs256Keys({ token }: Partially<FileConfig>, refuse: Refuse): void {
  const keys = list(token?.es256Keys)
  if (token?.algorithm === 'ES256' && !keys.some((key) => key?.retired === false)) {
    refuse(['token', 'es256Keys'], 'a key that is not retired, as token.algorithm is ES256', 'none')
  }
  checkUnique(
    keys.map((key, index) => ({ path: ['token', 'es256Keys', index, 'kid'], name: key?.kid })),
    refuse,
  )
}

function checkTiers({ paymentTier, paymentTiers }: Partially<FileConfig>, refuse: Refuse): void {
  const tiers = [
    { at: ['paymentTier'], tier: paymentTier },
    ...list(paymentTiers).map((tier, index) => ({ at: ['paymentTiers', index], tier })),
  ]
  for (const key of ['tierName', 'lookupKey'] as const) {
    checkUnique(
      tiers.map(({ at, tier }) => ({ path: [...at, key], name: tier?.[key] })),
      refuse,
    )
  }
}

// One of two entries for an address would be lost, and with it perhaps the roles that it grants.
function checkUsers({ users }: Partially<FileConfig>, refuse: Refuse): void {
  const entries = list(users).map((user, index) => ({ path: ['users', index, 'email'], name: user?.email }))
  checkUnique(entries, refuse, 'an address')
}

function checkUnique(
  entries: { path: PropertyKey[]; name: unknown }[],
  refuse: Refuse,
  kind = 'a name',
): void {
  const seen = new Set<unknown>()
  for (const { path, name } of entries) {
    if (name !== undefined && seen.has(name)) refuse(path, `${kind} that is used once`, 'a repeated one')
    seen.add(name)
  }
}

function list<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : []
}
