import type { Log } from '../../lib/log.ts'

export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error'
  message: string | undefined
  fields: Record<string, unknown>
}

/** A log that keeps its lines; children write to the same list. */
export interface RecordedLog extends Log {
  lines: LogLine[]
}

export function recordLog(lines: LogLine[] = [], bound: object = {}): RecordedLog {
  const write = (level: LogLine['level']) => (fields: object, message?: string) =>
    void lines.push({ level, message, fields: { ...bound, ...fields } })
  return {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => recordLog(lines, { ...bound, ...fields }),
  }
}
