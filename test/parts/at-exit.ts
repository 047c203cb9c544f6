const tasks: Array<() => void> = []

/**
 * Runs a synchronous task when this process ends by itself or by SIGTERM, SIGINT or SIGHUP. Later tasks run first.
 * A process that handles such a signal itself decides when it ends; the tasks then run at that end.
 */
export function atExit(task: () => void): void {
  if (tasks.length === 0) installHooks()
  tasks.push(task)
}

function installHooks(): void {
  process.once('exit', runTasks)

  // Vitest ends its workers by SIGTERM, which skips 'exit' unless someone listens.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.once(signal, () => {
      if (process.listenerCount(signal) > 0) return
      runTasks()
      process.kill(process.pid, signal)
    })
  }
}

function runTasks(): void {
  for (let task = tasks.pop(); task; task = tasks.pop()) {
    try {
      task()
    } catch (error) {
      console.error('clean-up failed:', error)
    }
  }
}
