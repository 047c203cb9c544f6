import { ArgumentMistake } from './argument-mistake.ts'

const MOST_LISTED = 10_000

/** The `--limit` option of commands that list. */
export const limitArg = {
  limit: { type: 'string', default: '50', valueHint: 'N', description: 'At most so many, the newest' },
} as const

export function limitOf(text: string): number {
  const count = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
  if (count > MOST_LISTED) throw new ArgumentMistake(`--limit needs a whole number from 1 to ${MOST_LISTED}`)
  return count
}
