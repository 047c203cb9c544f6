const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i
const TRUE = ['true', 'yes', 'on', '1']
const FALSE = ['false', 'no', 'off', '0']

/** A decimal number for its text; anything else comes back as it was, for the schema to refuse. */
export function toNumber(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const text = value.trim()
  return NUMBER.test(text) ? Number(text) : value
}

/** True or false for `true`, `yes`, `on`, `1` and their opposites in any case; anything else unchanged. */
export function toFlag(value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return value
  const text = String(value).trim().toLowerCase()
  if (TRUE.includes(text)) return true
  return FALSE.includes(text) ? false : value
}

/** The text of a scalar; lists and maps unchanged. */
export function toText(value: unknown): unknown {
  return ['number', 'boolean', 'bigint'].includes(typeof value) ? String(value) : value
}
