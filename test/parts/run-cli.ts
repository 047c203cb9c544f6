import { CLI } from './gateway.ts'
import { startProcess } from './process.ts'

export interface CliResult {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs a command of this checkout to its end, whatever it exits with. */
export async function runCli(...args: string[]): Promise<CliResult> {
  const running = startProcess(process.execPath, [CLI, ...args])
  const { code } = await running.exit
  return { code, stdout: running.stdout(), stderr: running.stderr() }
}
