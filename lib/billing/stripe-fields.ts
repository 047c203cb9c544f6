/* Readers of Stripe's JSON: what is absent or null reads as null, what has the wrong type is refused. */

export type StripeObject = Record<string, unknown>

/** An object of Stripe's that cannot be read: it names the field, never its value. */
export class StripeShapeError extends Error {
  override readonly name = 'StripeShapeError'
  constructor(field: string, expected: string) {
    super(`Stripe's object has no ${expected} in ${field}`)
  }
}

export function isObject(value: unknown): value is StripeObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function objectIn(parent: StripeObject | null, field: string): StripeObject | null {
  const value = parent?.[field]
  return isObject(value) ? value : null
}

export function requireText(parent: StripeObject, field: string): string {
  const value = textIn(parent, field)
  if (value === null || value === '') throw new StripeShapeError(field, 'text')
  return fitting(value, field)
}

/** MySQL's INSERT IGNORE would cut what a key cannot hold, and the row would never be found again. */
function fitting(value: string, field: string): string {
  if (value.length > MAX_NAME_LENGTH)
    throw new StripeShapeError(field, `text of at most ${MAX_NAME_LENGTH} characters`)
  // No URL can name it, so nobody could ask Stripe for it.
  if (!value.isWellFormed()) throw new StripeShapeError(field, 'well-formed text')
  return value
}

const MAX_NAME_LENGTH = 255

export function textIn(parent: StripeObject | null, field: string): string | null {
  const value = parent?.[field] ?? null
  if (value !== null && typeof value !== 'string') throw new StripeShapeError(field, 'text')
  return value
}

/** A whole number that a double holds exactly, such as an amount in minor units. */
export function wholeIn(parent: StripeObject | null, field: string): number | null {
  const value = parent?.[field] ?? null
  if (value !== null && !Number.isSafeInteger(value)) throw new StripeShapeError(field, 'whole number')
  return value as number | null
}

export function requireWhole(parent: StripeObject, field: string): number {
  const value = wholeIn(parent, field)
  if (value === null) throw new StripeShapeError(field, 'whole number')
  return value
}

/** A time in milliseconds since the epoch; Stripe gives seconds. */
export function timeIn(parent: StripeObject | null, field: string): number | null {
  const seconds = wholeIn(parent, field)
  if (seconds === null) return null
  if (Math.abs(seconds) > MAX_SECONDS) throw new StripeShapeError(field, 'time')
  return seconds * 1000
}

/** The last second that a JavaScript date shows. */
const MAX_SECONDS = 8_640_000_000_000

/** The id of an object that is either named or expanded. */
export function idIn(parent: StripeObject | null, field: string): string | null {
  const value = parent?.[field]
  if (isObject(value)) return requireText(value, 'id')
  const id = textIn(parent, field)
  return id && fitting(id, field)
}

/** The items of a list object. */
export function listIn(parent: StripeObject | null, field: string): StripeObject[] {
  const data = objectIn(parent, field)?.data
  return Array.isArray(data) ? data.filter(isObject) : []
}

/** The id of what one of Stripe's own types names or expands. */
export function idOf(reference: string | { id: string } | null): string | undefined {
  return typeof reference === 'string' ? reference : reference?.id
}
