/**
 * Runs work one at a time: requests that come while it runs become one more run after it.
 * @returns asks for a run; resolves when nothing is asked for any more
 */
export function coalesce(work: () => Promise<void>): () => Promise<void> {
  let asked = false
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    try {
      while (asked) {
        asked = false
        await work()
      }
    } finally {
      running = undefined
    }
  }

  return () => {
    asked = true
    running ??= run()
    return running
  }
}
