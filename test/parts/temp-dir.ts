import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atExit } from './at-exit.ts'

/** Makes a fresh directory that is removed when this process ends. */
export function tempDir(label: string): string {
  const path = mkdtempSync(join(tmpdir(), `authlance-${label}-`))
  atExit(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }))
  return path
}
