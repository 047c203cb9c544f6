import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findProgram } from './find-program.ts'

export interface Apt {
  /** Installs packages; answers undefined when it worked, else apt's last words. */
  install(packages: string[]): string | undefined
}

/** Debian's installer, where this user may run it: as root or through a sudo that asks for no password. */
export function findApt(): Apt | undefined {
  const prefix = rootPrefix()
  if (!prefix || !existsSync('/etc/debian_version') || !findProgram('apt-get')) return undefined

  let updated = false
  return {
    install(packages) {
      if (!updated) run([...prefix, 'apt-get', '-q', ...WAIT_FOR_LOCK, 'update'])
      updated = true
      const options = ['-q', '-y', '--no-install-recommends', ...WAIT_FOR_LOCK]
      return run([...prefix, 'env', ...QUIET, 'apt-get', 'install', ...options, ...packages])
    },
  }
}

/** Runs a command as root for apt's aftermath. */
export function runAsRoot(command: string[]): string | undefined {
  const prefix = rootPrefix()
  return prefix ? run([...prefix, ...command]) : 'not root'
}

const WAIT_FOR_LOCK = ['-o', 'DPkg::Lock::Timeout=300']

/** The run level keeps a classic init from starting the services of new packages. */
const QUIET = ['DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1']

function rootPrefix(): string[] | undefined {
  if (process.getuid?.() === 0) return []
  const sudo = findProgram('sudo')
  return sudo && spawnSync(sudo, ['-n', 'true']).status === 0 ? [sudo, '-n'] : undefined
}

function run([command, ...args]: string[]): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(command!, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return status === 0
    ? undefined
    : (error?.message ?? `${stdout}\n${stderr}`.trim().split('\n').slice(-5).join('\n'))
}
