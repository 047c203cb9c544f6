/** A wait that can be cut short. */
export interface Pause {
  /** Resolves after `ms`, or at once when `end` was called since the last wait. */
  wait(ms: number): Promise<void>
  end(): void
}

export function createPause(): Pause {
  let ended = false
  let finish: (() => void) | undefined

  return {
    async wait(ms) {
      if (!ended) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          finish = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      finish = undefined
      ended = false
    },
    end() {
      ended = true
      finish?.()
    },
  }
}

/** Waits for `work`, but no longer than `ms`. @returns whether it was done in time */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
