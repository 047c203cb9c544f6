import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Exchange } from './recorder.ts'

/** Where the recording of a story lies: one exchange a line. */
function recordingPath(name: string): string {
  return join(import.meta.dirname, 'recordings', `${name.replace(/[^a-z]+/gi, '-').toLowerCase()}.jsonl`)
}

/** What Kratos 1.3.1 answered to a story when it was recorded. */
export function readRecording(name: string): Exchange[] | undefined {
  const path = recordingPath(name)
  if (!existsSync(path)) return undefined
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line))
}

/** Keeps a recording for machines without Kratos. */
export function writeRecording(name: string, exchanges: Exchange[]): void {
  const path = recordingPath(name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${exchanges.map((exchange) => JSON.stringify(exchange)).join('\n')}\n`)
}
