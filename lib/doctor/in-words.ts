const MINUTE_MS = 60_000

/** A length of time for people, such as `90 s`, `45 min` or `30 h`. */
export function inWords(ms: number): string {
  if (ms < 2 * MINUTE_MS) return `${Math.round(ms / 1000)} s`
  if (ms < 120 * MINUTE_MS) return `${Math.round(ms / MINUTE_MS)} min`
  return `${Math.round(ms / (60 * MINUTE_MS))} h`
}
