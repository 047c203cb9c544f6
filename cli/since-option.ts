import { parseSince } from '../lib/events/parse-since.ts'
import { ArgumentMistake } from './argument-mistake.ts'

/** The instant that `--since` names, in milliseconds since the epoch. @throws {ArgumentMistake} */
export function sinceOf(text: string): number {
  const since = parseSince(text, Date.now())
  if (since === undefined)
    throw new ArgumentMistake('--since needs 90s, 30m, 24h, 7d or an ISO 8601 time with its zone')
  return since
}
