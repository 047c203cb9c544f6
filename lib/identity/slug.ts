/**
 * What a group's slug looks like; the client's forms accept it.
 * At least 3 and at most 63 characters, a letter at both ends.
 */
export const SLUG = /^[a-z][a-z0-9-]{1,61}[a-z]$/

/** Slugs that collide with sibling routes. */
const RESERVED = new Set(['roles', 'id', 'member', 'billing'])

const MAX_LENGTH = 63
const FALLBACK = 'group'

export function isSlug(text: string): boolean {
  return SLUG.test(text) && !RESERVED.has(text)
}

/** A slug as look-ups compare it. */
export function normaliseSlug(text: string): string {
  return text.trim().toLowerCase()
}

/**
 * The best slug for any text: accents dropped, other characters become hyphens, a letter at both ends.
 * @param suffix letters that tell it from a slug that is taken
 */
export function slugFrom(text: string, suffix = ''): string {
  const cut = trimEnd(hyphenated(text).slice(0, MAX_LENGTH - (suffix ? suffix.length + 1 : 0)))
  const base = cut.length >= 3 ? cut : `${cut || FALLBACK}${cut ? '-group' : ''}`
  const slug = suffix ? `${base}-${suffix}` : base
  return isSlug(slug) ? slug : `${slug.slice(0, MAX_LENGTH - 6)}-group`
}

/** Whether a text has letters that a slug keeps; else its slug would be the same as that of any other such text. */
export function makesSlug(text: string): boolean {
  return hyphenated(text) !== ''
}

/** The n-th suffix: none, then `b`, `c`, … `z`, `ba`, … */
export function slugSuffix(attempt: number): string {
  if (attempt === 0) return ''
  const letter = String.fromCharCode(97 + (attempt % 26))
  return attempt < 26 ? letter : slugSuffix(Math.floor(attempt / 26)) + letter
}

function hyphenated(text: string): string {
  const ascii = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return ascii.replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+/, '')
}

function trimEnd(text: string): string {
  return text.replace(/[^a-z]+$/, '')
}
