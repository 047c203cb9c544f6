import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { findProgram } from '../parts/find-program.ts'

/** Whether processes can be given cores of their own here. */
export function canKeepApart(): boolean {
  return findProgram('taskset') !== undefined && availableParallelism() > 1
}

/** Leaves core 0 to one process; the others and this one share the rest. @returns what lets this one run everywhere again */
export function keepApart(pid: number, ...others: number[]): () => void {
  const last = availableParallelism() - 1
  pin(pid, '0')
  for (const other of [...others, process.pid]) pin(other, `1-${last}`)
  return () => pin(process.pid, `0-${last}`)
}

function pin(pid: number, cores: string): void {
  execFileSync('taskset', ['--all-tasks', '--pid', '--cpu-list', cores, String(pid)], { stdio: 'ignore' })
}
