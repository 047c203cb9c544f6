import { pino } from 'pino'
import type { Log } from '../../lib/log.ts'
import { secretRedactor } from '../redact-secrets.ts'
import { serializeError } from '../serialize-error.ts'

/**
 * JSON lines on the console, of the same form as on Node.
 * @param secrets values that no line may show; the longest first
 */
export function createConsoleLog(level: string, secrets: string[] = []): Log {
  const redact = secretRedactor(secrets)
  return pino({
    level,
    timestamp: () => new Date().toISOString(),
    serializers: { err: serializeError },
    browser: {
      serialize: true,
      formatters: { level: (label) => ({ level: label }) },
      write: (line) => console.log(redact(JSON.stringify(line))),
    },
  } as Parameters<typeof pino>[0])
}
