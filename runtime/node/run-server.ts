import type { Logger } from 'pino'
import { coalesce } from '../../lib/async/coalesce.ts'
import { type Config, ConfigError, type LoadedConfig, secretValues } from '../../lib/config.ts'
import { createLog, stdoutByTurn } from './log.ts'
import { readAgain } from './read-again.ts'
import { type RunningServer, type ServeOptions, serve } from './serve.ts'

export interface RunOptions {
  /** Reads the configuration anew. @throws when it cannot be used */
  read(): LoadedConfig
  /** Called when both listeners accept. */
  ready(server: RunningServer): void
  /** This process is one of several, which also write to the same stdout. */
  shared?: ServeOptions['shared']
  /** Default: by signals. */
  control?: Control
}

/** Who says when to reload and when to stop. */
export interface Control {
  onReload(listener: () => void): void
  /** Told when what was read cannot be put to use. */
  refused?(loaded: LoadedConfig): void
  /** Called once the server is ready. */
  stopAsked(): Promise<void>
  /** The time to drain is over when the stop is asked for. */
  drained: boolean
}

/**
 * Serves until SIGTERM or SIGINT (or as `control` says), then ends the process: with 0 when everything was done in time. SIGHUP reloads the
 * configuration and the files that it names.
 * @throws when the start fails
 */
export async function runServer(config: Config, options: RunOptions): Promise<never> {
  const { read, ready, shared, control = bySignals() } = options
  const stdout = stdoutByTurn({ shared: shared !== undefined })
  const openLog = ({ log: { level } }: Config, secrets: string[]) => createLog(level, secrets, stdout)
  const started = Promise.withResolvers<RunningServer>()
  let log = openLog(config, secretValues(config))
  let stopping = false

  const reload = coalesce(async () => {
    const server = await started.promise
    if (stopping) return
    const next = readAgain(read, log)
    if (!next) return
    // What still runs with the old configuration may fail with its secrets in the message.
    const secrets = [...secretValues(next.config), ...secretValues(server.env.config)]
    log = openLog(next.config, longestFirst(secrets))
    if (!(await reloadServer(server, next, log))) control.refused?.(next)
  })
  control.onReload(() => void reload())

  const server = await serve(config, { log, ...(shared && { shared }) })
  ready(server)
  started.resolve(server)

  await control.stopAsked()
  stopping = true
  const { drainMs, timeoutMs } = server.env.config.shutdown
  setTimeout(() => {
    log.error({}, 'stopped before everything was done')
    process.exit(1)
  }, drainMs + timeoutMs)
  await server.stop({ drained: control.drained })
  process.exit(0)
}

/** @returns whether the server has it now */
async function reloadServer(
  server: RunningServer,
  { config, warnings }: LoadedConfig,
  log: Logger,
): Promise<boolean> {
  for (const warning of warnings) log.warn({}, warning)
  try {
    await server.reload(config, log)
    log.info({}, 'configuration reloaded')
    return true
  } catch (error) {
    const reason =
      error instanceof ConfigError ? { problems: error.problems.map(({ key }) => key) } : { err: error }
    log.error(reason, 'the configuration cannot be put to use: the one from before stays')
    return false
  }
}

function longestFirst(secrets: string[]): string[] {
  return [...new Set(secrets)].sort((a, b) => b.length - a.length)
}

function bySignals(): Control {
  return {
    onReload: (listener) => void process.on('SIGHUP', listener),
    stopAsked: () =>
      new Promise((resolve) => {
        for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
      }),
    drained: false,
  }
}
