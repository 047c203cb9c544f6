const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * An instant written as a duration before `now` (`90s`, `30m`, `24h`, `7d`) or as an ISO 8601 date or time with its zone.
 * @param now milliseconds since the epoch
 * @returns milliseconds since the epoch, or undefined when the text is neither
 */
export function parseSince(text: string, now: number): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (amount) return now - Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]

  const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/
  const at = iso.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}
