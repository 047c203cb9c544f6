import type { Exit, RunningProcess } from './process.ts'

export interface Restartable {
  readonly pid: number
  /** What the current process has written. */
  output(): string
  /** Stops gently; data and ports stay, so that `restart` brings the same server back. */
  stop(): Promise<Exit>
  /** Ends at once by SIGKILL, as a power cut would. */
  kill(): Promise<Exit>
  /** Starts the server again on the same ports and data, after a gentle stop where it still runs. */
  restart(): Promise<void>
}

/** A server whose process may be replaced: `launch` starts it and resolves when it is ready. */
export async function restartable(launch: () => Promise<RunningProcess>): Promise<Restartable> {
  let current = await launch()

  return {
    get pid() {
      return current.pid
    },
    output: () => current.output(),
    stop: () => current.stop(),
    kill: () => current.kill(),
    async restart() {
      await current.stop()
      current = await launch()
    },
  }
}
