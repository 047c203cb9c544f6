/**
 * Passes items on, and throws when the next one keeps the caller waiting longer than the limit. Time that the caller
 * itself takes does not count.
 * @param message what is said of it, without the time
 */
export async function* idleLimit<T>(
  items: AsyncIterable<T>,
  limitMs: number,
  message: string,
): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await withinLimit(iterator.next(), limitMs, message)
      if (next.done) return
      yield next.value
    }
  } finally {
    // Not awaited: it would wait for the item that does not come.
    iterator.return?.().catch(() => undefined)
  }
}

/** Waits for a step. @throws when it takes longer than the limit; the step itself goes on */
export async function withinLimit<T>(step: Promise<T>, limitMs: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${message} for ${limitMs / 1000} s`)), limitMs)
  })
  try {
    return await Promise.race([step, late])
  } finally {
    clearTimeout(timer)
  }
}
