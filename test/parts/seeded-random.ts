/** Random numbers that a seed repeats. */
export interface SeededRandom {
  readonly seed: number
  /** In [0, 1). */
  next(): number
  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number
  pick<T>(values: readonly T[]): T
  shuffle<T>(values: readonly T[]): T[]
}

/** mulberry32: for tests that must be repeatable, never for secrets. @param seed default: RANDOM_SEED, else a new one */
export function seededRandom(
  seed = Number(process.env.RANDOM_SEED ?? Math.floor(Math.random() * 2 ** 32)),
): SeededRandom {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  return {
    seed,
    next,
    whole,
    pick: (values) => values[whole(0, values.length - 1)]!,
    shuffle(values) {
      const shuffled = [...values]
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = whole(0, last)
        ;[shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!]
      }
      return shuffled
    },
  }
}
