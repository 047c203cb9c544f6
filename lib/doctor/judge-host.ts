import { type Finding, judgeOf } from './finding.ts'

const host = judgeOf('host')
const MB = 1024 * 1024

/** Room on the file system of a directory, in bytes. */
export interface DiskRoom {
  /** What is kept there, such as `the database file`. */
  use: string
  path: string
  freeBytes: number
  totalBytes: number
  /** Absent where the file system does not count them. */
  freeInodes?: number
}

/** Whether writing will go on. */
export function judgeDisk({ use, path, freeBytes, totalBytes, freeInodes }: DiskRoom): Finding {
  const free = `${Math.floor(freeBytes / MB)} MB of ${Math.floor(totalBytes / MB)} MB are free at ${path} (${use})`
  const remedy = 'make room, or the file system larger'
  const evidence = { path, freeBytes, totalBytes }
  if (freeInodes === 0)
    return host.broken('disk', `no file can be made at ${path} (${use})`, remedy, evidence)
  if (freeBytes < 200 * MB) return host.broken('disk', `nearly full: ${free}`, remedy, evidence)
  if (freeBytes < 1024 * MB || freeBytes < totalBytes / 20) {
    return host.warn('disk', `soon full: ${free}`, remedy, evidence)
  }
  return host.ok('disk', free, evidence)
}

export interface Machine {
  memoryBytes: number
  /** Of the control group; 0 without one. */
  memoryLimitBytes: number
  cores: number
  nodeVersion: string
}

/** What one process has to live in. */
export function judgeMachine({ memoryBytes, memoryLimitBytes, cores, nodeVersion }: Machine): Finding[] {
  const limited = memoryLimitBytes > 0 && memoryLimitBytes < memoryBytes
  const bytes = limited ? memoryLimitBytes : memoryBytes
  const memory = `${Math.floor(bytes / MB)} MB of memory${limited ? ' (limit of the container)' : ''}`
  const evidence = { memoryBytes: bytes, cores }
  return [
    bytes < 256 * MB
      ? host.warn('memory', `${memory} are little`, 'give it 256 MB for each worker', evidence)
      : host.ok('memory', memory, evidence),
    host.ok('cores', `${cores} ${cores === 1 ? 'core' : 'cores'}, Node ${nodeVersion}`, evidence),
  ]
}
