import type { Interval } from './prices.ts'

const DAY_SECONDS = 86_400

/**
 * The first end of a billing period after a moment. Months and years count from the anchor, so that a subscription
 * begun on the 31st ends its periods on the last day of shorter months, and on the 31st again.
 * @param anchorSeconds the billing cycle anchor
 * @param afterSeconds the end that is looked for is later than this
 */
export function nextPeriodEnd(anchorSeconds: number, afterSeconds: number, interval: Interval): number {
  const count = interval.interval_count ?? 1
  for (let periods = firstGuess(anchorSeconds, afterSeconds, interval); ; periods++) {
    const end = addIntervals(anchorSeconds, periods * count, interval.interval)
    if (end > afterSeconds) return end
  }
}

function firstGuess(
  anchor: number,
  after: number,
  { interval, interval_count: count = 1 }: Interval,
): number {
  const longest = { day: 1, week: 7, month: 31, year: 366 }[interval] * count * DAY_SECONDS
  return Math.max(1, Math.floor((after - anchor) / longest))
}

function addIntervals(anchorSeconds: number, count: number, interval: Interval['interval']): number {
  if (interval === 'day') return anchorSeconds + count * DAY_SECONDS
  if (interval === 'week') return anchorSeconds + count * 7 * DAY_SECONDS
  const months = interval === 'year' ? count * 12 : count
  const anchor = new Date(anchorSeconds * 1000)
  const moved = new Date(anchor)
  moved.setUTCDate(1)
  moved.setUTCMonth(moved.getUTCMonth() + months)
  const lastDay = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate()
  moved.setUTCDate(Math.min(anchor.getUTCDate(), lastDay))
  return Math.floor(moved.getTime() / 1000)
}
