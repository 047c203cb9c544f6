export interface BackoffRange {
  minMs: number
  maxMs: number
}

/**
 * How long to wait before the next try: doubles with each, up to `maxMs`, less a random half so that replicas spread.
 * @param tries failures so far, 1 or more
 * @param random in [0, 1)
 */
export function backoffMs(tries: number, { minMs, maxMs }: BackoffRange, random: number): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(tries - 1, 30))
  return Math.round(full * (1 - random / 2))
}
