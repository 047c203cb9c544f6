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

/** Stdout in one write for each turn of the event loop: a write for each line costs as much as making it. */
function stdoutByTurn(): DestinationStream {
  const stdout = pino.destination({ fd: 1, sync: true, minLength: 8192 })
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
