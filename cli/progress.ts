/** One line that counts up, on a terminal alone. */
export interface Progress {
  show(progress: { step: string; done: number }): void
  /** Clears the line. */
  end(): void
}

export function createProgress(stream: NodeJS.WriteStream): Progress {
  let shown = false
  return {
    show({ step, done }) {
      if (!stream.isTTY) return
      shown = true
      stream.write(`\r\u001b[K${done} ${step}`)
    },
    end() {
      if (shown) stream.write('\r\u001b[K')
      shown = false
    },
  }
}
