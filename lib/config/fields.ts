import * as z from 'zod'

/** What the reader needs to know of a key beyond its zod type; kept in the key's zod metadata. */
export interface FieldMeta {
  /** The value never stands in a problem or a log line, and `<key>_FILE` may give it. */
  secret?: boolean
  /** How a lone scalar becomes a list: split at commas, or the only item. */
  scalar?: 'comma' | 'item'
  /** The key that a lone scalar stands for where a map is expected. */
  scalarKey?: string
  /** A map in the place of a text is turned back into JSON text. */
  jsonText?: boolean
  /** What a problem names as expected, in place of the zod type. */
  expected?: string
  /** The kind of value as the documentation names it, in place of `text`. */
  valueType?: string
}

/** Characters that the columns for names hold. */
const NAME_LENGTH = 255

export function text(description: string, meta: FieldMeta = {}) {
  return z
    .string()
    .min(1)
    .meta({ description, ...meta })
}

/** A text that goes into a column of names. */
export function nameText(description: string) {
  return text(description).max(NAME_LENGTH)
}

export function secretText(description: string, meta: FieldMeta = {}) {
  return text(description, { secret: true, ...meta })
}

export function flag(description: string) {
  return z.boolean().meta({ description, expected: 'true or false' })
}

/** The largest of what is counted, such as members: a 32-bit number, as clients read it. */
export const MAX_COUNT = 2_147_483_647
/** A hundred years. */
export const MAX_DAYS = 36_500
/** 1 GiB. */
export const MAX_BYTES = 1_073_741_824
// Timers run at once, or throw, when they are given more than 2^31 - 1 ms; this leaves room for what is added on the way.
const MAX_MS = 24 * 86_400_000

export function whole(description: string, min: number, max: number) {
  return z
    .int()
    .min(min)
    .max(max)
    .meta({ description, expected: `a whole number from ${min} to ${max}` })
}

/** A length of time that a timer is given, in milliseconds. */
export function millis(description: string, min: number) {
  return whole(description, min, MAX_MS)
}

export function amount(description: string) {
  return z.number().min(0).meta({ description, expected: 'a number of at least 0' })
}

/** An absolute http or https URL, kept without its trailing slashes. Credentials, query and fragment are refused. */
export function httpUrl(description: string) {
  return z
    .string()
    .refine(isHttpUrl)
    .overwrite((url) => url.trim().replace(/\/+$/, ''))
    .meta({
      description,
      expected: 'an http or https URL without credentials, query or fragment',
      valueType: 'URL',
    })
}

function isHttpUrl(value: string): boolean {
  const url = URL.parse(value.trim())
  if (!url || !['http:', 'https:'].includes(url.protocol)) return false
  return url.username === '' && url.password === '' && !/[?#\s]/.test(value.trim())
}

/** A browser origin such as `https://app.example.com`, kept as the URL standard writes it. */
export function origin(description: string) {
  return z
    .string()
    .refine((value) => isHttpUrl(value) && new URL(value).pathname === '/')
    .overwrite((value) => URL.parse(value)?.origin ?? value)
    .meta({ description, expected: 'an origin such as https://app.example.com', valueType: 'origin' })
}

const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/
const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A length of time such as `30m` or `1h30m`, parsed to milliseconds. */
export function duration(description: string) {
  return z.string().regex(DURATION).refine(isTimerLength).transform(parseDurationMs).meta({
    description,
    expected: 'a length of time such as 30m or 1h30m, up to 24d',
    valueType: 'length of time',
  })
}

function isTimerLength(value: string): boolean {
  const ms = parseDurationMs(value)
  return ms > 0 && ms <= MAX_MS
}

export function parseDurationMs(value: string): number {
  let totalMs = 0
  for (const [, count, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    totalMs += Number(count) * UNIT_MS[unit!]!
  }
  return Math.round(totalMs)
}
