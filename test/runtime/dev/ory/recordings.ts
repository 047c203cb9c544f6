import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Exchange } from './recorder.ts'

/** Where the recording of a story lies. */
export function recordingPath(name: string): string {
  return join(import.meta.dirname, 'recordings', `${name.replace(/[^a-z]+/gi, '-').toLowerCase()}.json`)
}

/** What Kratos 1.3.1 answered to a story when it was recorded. */
export function readRecording(name: string): Exchange[] | undefined {
  const path = recordingPath(name)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}
