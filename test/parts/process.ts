import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { atExit } from './at-exit.ts'

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface RunningProcess {
  readonly pid: number
  /** Settles when the process has ended; never rejects. */
  readonly exit: Promise<Exit>
  /** What the process has written so far, both streams as they came. */
  output(): string
  stdout(): string
  stderr(): string
  /** Resolves with the first match in the output. @throws when the process ends or the time is up first */
  waitForLine(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>
  /** Resolves when the probe answers true; a probe that throws counts as false. @throws as waitForLine */
  waitForProbe(probe: () => Promise<boolean>, timeoutMs?: number): Promise<void>
  /** Sends SIGTERM, then SIGKILL after the limit; resolves with how the process ended. */
  stop(limitMs?: number): Promise<Exit>
  /** Sends SIGKILL; resolves when the process is gone. */
  kill(): Promise<Exit>
}

export interface StartOptions {
  cwd?: string
  /** Added to this process's environment; undefined removes a name. */
  env?: Record<string, string | undefined>
  /** Sends stdout to the null device instead of keeping it. */
  discardStdout?: boolean
}

/** Starts a program that cannot outlive this process. Arguments are passed as they are: there is no shell. */
export function startProcess(command: string, args: string[], options: StartOptions = {}): RunningProcess {
  const [program, programArgs] = diesWithParent(command, args)
  const child = spawn(program, programArgs, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', options.discardStdout ? 'ignore' : 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) {
    child.on('error', () => {})
    throw new Error(`${command} could not be started`)
  }

  const output = captureOutput(child)
  let ended = false
  const exit = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
    child.once('exit', (code, signal) => {
      ended = true
      // A grandchild that keeps the pipes open must not hold up the caller.
      setTimeout(() => resolve({ code, signal }), 500).unref()
    })
  })
  atExit(() => {
    if (!ended) child.kill('SIGKILL')
  })

  async function waitForProbe(probe: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
    const deadline = Date.now() + timeoutMs
    while (!(await probe().catch(() => false))) {
      const trouble = ended ? 'ended early' : Date.now() > deadline ? `was not ready in ${timeoutMs} ms` : ''
      if (trouble) throw new Error(`${command} ${trouble}:\n${output.both().slice(-4000)}`)
      await sleep(25)
    }
  }

  return {
    pid,
    exit,
    output: output.both,
    stdout: output.stdout,
    stderr: output.stderr,
    waitForProbe,
    async waitForLine(pattern, timeoutMs) {
      await waitForProbe(async () => output.both().match(pattern) !== null, timeoutMs)
      return output.both().match(pattern) as RegExpMatchArray
    },
    async stop(limitMs = 10_000) {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
      return exit.finally(() => clearTimeout(timer))
    },
    kill() {
      child.kill('SIGKILL')
      return exit
    },
  }
}

/** Runs a program to its end and answers its stdout. @throws with the last of both streams unless it exits with 0 */
export async function runProcess(command: string, args: string[], options?: StartOptions): Promise<string> {
  const running = startProcess(command, args, options)
  const { code, signal } = await running.exit
  if (code !== 0) {
    throw new Error(`${command} ended with ${signal ?? code}:\n${running.output().slice(-4000)}`)
  }
  return running.stdout()
}

/** Has the kernel kill the program when this process dies, even by SIGKILL, which no exit hook sees. */
function diesWithParent(command: string, args: string[]): [string, string[]] {
  const setpriv = '/usr/bin/setpriv'
  return existsSync(setpriv) ? [setpriv, ['--pdeathsig', 'KILL', '--', command, ...args]] : [command, args]
}

function captureOutput(child: ChildProcess) {
  const chunks: Array<{ from: 'stdout' | 'stderr'; text: string }> = []
  for (const from of ['stdout', 'stderr'] as const) {
    child[from]?.setEncoding('utf8').on('data', (text: string) => chunks.push({ from, text }))
  }
  const join = (keep: (from: string) => boolean) => () =>
    chunks
      .filter((chunk) => keep(chunk.from))
      .map((chunk) => chunk.text)
      .join('')

  return {
    both: join(() => true),
    stdout: join((from) => from === 'stdout'),
    stderr: join((from) => from === 'stderr'),
  }
}
