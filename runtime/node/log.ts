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
  return pino(options, destination ?? stdoutByTurn())
}

/** As much as a pipe takes whole from one of several writers, less some for characters of several bytes. */
const WHOLE_WRITE_LENGTH = 3500

/**
 * Stdout in one write for each turn of the event loop: a write for each line costs as much as making it.
 * @param options.shared other processes write to the same stdout: lines stay whole
 */
export function stdoutByTurn({ shared = false } = {}): DestinationStream {
  const lengths = shared ? { minLength: 2048, maxWrite: WHOLE_WRITE_LENGTH } : { minLength: 8192 }
  const stdout = pino.destination({ fd: 1, sync: true, ...lengths })
  let waiting = false
  function flush(): void {
    waiting = false
    try {
      stdout.flushSync()
    } catch (error) {
      stdout.emit('error', error)
    }
  }

  process.once('exit', flush)
  return {
    write(line) {
      stdout.write(line)
      if (!waiting) setImmediate(flush)
      waiting = true
    },
  }
}
