import { execFile, spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { promisify } from 'node:util'
import type { MysqlSource } from '../../../lib/backup/backup-sources.ts'
import { hasAccess } from '../has-access.ts'

const STDERR_CHARACTERS = 8000

export interface ClientProgram {
  path: string
  /** MariaDB's, which takes other options than MySQL's. */
  mariadb: boolean
}

/** Finds a client program under MariaDB's name or MySQL's. @throws in one line when neither is installed */
export async function findClientProgram(...names: [string, string]): Promise<ClientProgram> {
  const directories = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const path = names
    .flatMap((name) => directories.map((directory) => join(directory, name)))
    .find((file) => hasAccess(file, constants.X_OK))
  if (!path) throw new Error(`neither ${names.join(' nor ')} is installed, or not in PATH`)
  const { stdout } = await promisify(execFile)(path, ['--no-defaults', '--version'], { timeout: 10_000 })
  return { path, mariadb: stdout.includes('MariaDB') }
}

export interface RunningClient {
  stdin: Writable
  stdout: Readable
  /** Settles when the program has ended. @throws with the first line of its complaint unless it ended with 0 */
  ended: Promise<void>
  kill(): void
}

/**
 * Starts a client program on a database. It reads no option file and no variable of ours, and gets the password where
 * no list of processes shows it.
 */
export function startClient(
  { path }: ClientProgram,
  options: string[],
  { host, port, user, password, dbname }: MysqlSource,
  signal?: AbortSignal,
): RunningClient {
  const server = ['--protocol=TCP', `--host=${host}`, `--port=${port}`, `--user=${user}`]
  const child = spawn(path, ['--no-defaults', ...server, ...options, '--', dbname], {
    env: { PATH: process.env.PATH, ...(password !== undefined && { MYSQL_PWD: password }) },
    stdio: 'pipe',
    killSignal: 'SIGKILL',
    signal,
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (complaint.length < STDERR_CHARACTERS) complaint += text
  })
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, endedBy) => {
      if (code === 0) resolve()
      else reject(new Error(firstComplaint(complaint) ?? `${basename(path)} ended with ${endedBy ?? code}`))
    })
  })
  // Whoever started it may be busy with its output when it ends.
  ended.catch(() => undefined)
  // A program that ends early closes its input: how it ended says more.
  child.stdin.on('error', () => undefined)
  return { stdin: child.stdin, stdout: child.stdout, ended, kill: () => void child.kill('SIGKILL') }
}

function firstComplaint(text: string): string | undefined {
  return text.split('\n').find((line) => line.trim() && !/warning/i.test(line))
}
