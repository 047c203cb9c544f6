import { type DestinationStream, type Logger, pino } from 'pino'
import { serializeError } from '../serialize-error.ts'

/** JSON lines on stdout, or on `destination`. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    serializers: { err: serializeError },
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return destination ? pino(options, destination) : pino(options)
}
