/** One line on a terminal, and nothing anywhere else. */
export interface Progress {
  /** @param progress.total shows a bar, when it is known */
  show(progress: { step: string; done: number; total?: number }): void
  /** Clears the line. */
  end(): void
}

const CLEARED = '\r\u001b[K'
const BAR_LENGTH = 24

export function createProgress(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>): Progress {
  let shown = false
  return {
    show({ step, done, total }) {
      if (!stream.isTTY) return
      shown = true
      stream.write(
        total === undefined
          ? `${CLEARED}${done} ${step}`
          : `${CLEARED}${bar(done, total)} ${done} of ${Math.max(done, total)} ${step}`,
      )
    },
    end() {
      if (shown) stream.write(CLEARED)
      shown = false
    },
  }
}

function bar(done: number, total: number): string {
  const filled = total === 0 ? BAR_LENGTH : Math.min(BAR_LENGTH, Math.floor((BAR_LENGTH * done) / total))
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_LENGTH - filled)}]`
}
