import { statfs } from 'node:fs/promises'
import { availableParallelism, tmpdir, totalmem } from 'node:os'
import type { Config } from '../../../lib/config.ts'
import type { Finding } from '../../../lib/doctor/finding.ts'
import { judgeDisk, judgeMachine } from '../../../lib/doctor/judge-host.ts'
import { nearestDirectory } from './nearest-directory.ts'

export interface StatFs {
  bsize: number
  blocks: number
  bavail: number
  files: number
  ffree: number
}

/** What the process has to live in. @param stat reads the file system of a path */
export async function* examineHost(
  config: Config | undefined,
  stat: (path: string) => Promise<StatFs> = statfs,
): AsyncGenerator<Finding> {
  const file = config?.database.file
  const places = [
    ...(file && file !== ':memory:' ? [{ use: 'the database', path: nearestDirectory(file) }] : []),
    { use: 'temporary files', path: tmpdir() },
  ]
  for (const place of places) {
    const room = await stat(place.path).catch(() => undefined)
    // What cannot be reached is a finding of the database.
    if (room) yield judgeDisk({ ...place, ...roomOf(room) })
  }
  yield* judgeMachine({
    memoryBytes: totalmem(),
    memoryLimitBytes: process.constrainedMemory(),
    cores: availableParallelism(),
    nodeVersion: process.versions.node,
  })
}

function roomOf({ bsize, blocks, bavail, files, ffree }: StatFs) {
  // Some file systems make their inodes as they go, and count none.
  return { freeBytes: bsize * bavail, totalBytes: bsize * blocks, ...(files > 0 && { freeInodes: ffree }) }
}
