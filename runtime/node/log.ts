import { type DestinationStream, type Logger, pino } from 'pino'
import { secretRedactor } from '../redact-secrets.ts'
import { serializeError } from '../serialize-error.ts'

/**
 * JSON lines on stdout, or on `destination`.
 * @param secrets values that no line may show; the longest first
 */
export function createLog(level: string, secrets: string[] = [], destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    serializers: { err: serializeError },
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: secretRedactor(secrets) },
  }
  return destination ? pino(options, destination) : pino(options)
}
