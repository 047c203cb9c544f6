import { type DestinationStream, type Logger, pino } from 'pino'
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
    hooks: { streamWrite: redactor(secrets) },
  }
  return destination ? pino(options, destination) : pino(options)
}

/** Short values would blot out ordinary text, and guard nothing. */
const MIN_SECRET_LENGTH = 6

/** Replaces configured secrets in a finished line, whatever put them there. */
function redactor(secrets: string[]): (line: string) => string {
  const values = secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
  return (line) => values.reduce((text, value) => text.replaceAll(value, '[redacted]'), line)
}
