import { pino } from 'pino'
import type { Log } from '../../lib/log.ts'
import { serializeError } from '../serialize-error.ts'

/** JSON lines on the console, of the same form as on Node. */
export function createConsoleLog(level: string): Log {
  return pino({
    level,
    timestamp: () => new Date().toISOString(),
    serializers: { err: serializeError },
    browser: {
      serialize: true,
      formatters: { level: (label) => ({ level: label }) },
      write: (line) => console.log(JSON.stringify(line)),
    },
  } as Parameters<typeof pino>[0])
}
