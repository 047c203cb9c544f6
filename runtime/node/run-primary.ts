import cluster, { type Worker } from 'node:cluster'
import type { Logger } from 'pino'
import { type Config, type LoadedConfig, secretValues } from '../../lib/config.ts'
import { createLog, stdoutByTurn } from './log.ts'
import { readAgain } from './read-again.ts'
import { createMetricsSum } from './sum-metrics.ts'
import { createSupervisor } from './supervisor.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

export interface PrimaryOptions {
  /** How many workers serve. */
  workers: number
  /** Reads the configuration anew. @throws when it cannot be used */
  read(): LoadedConfig
  /** Called when all workers serve, once. */
  ready(urls: { url: string; internalUrl: string }): void
}

/** Beyond the time that workers give themselves. */
const STOP_SLACK_MS = 500

/**
 * Runs workers that share the listeners, each this same command line, and serves nothing itself: starts them again when they end
 * unasked, passes signals on, and ends the process, with 0 when all of them stopped in time.
 */
export async function runPrimary(config: Config, { workers, read, ready }: PrimaryOptions): Promise<never> {
  const stdout = stdoutByTurn({ shared: true })
  const openLog = (from: Config) => createLog(from.log.level, secretValues(from), stdout)
  let current = config
  let log: Logger = openLog(config)
  const sum = createMetricsSum()

  cluster.setupPrimary({ args: process.argv.slice(2), serialization: 'advanced' })
  const supervisor = createSupervisor({ workers, fork, ready, log: () => log })

  function fork(): Worker {
    const worker = cluster.fork()
    worker.on('message', async (message: FromWorker) => {
      if (message.kind === 'ready') supervisor.becameReady(worker, message)
      if (message.kind === 'snapshot') sum.receive(worker.id, message.id, message.metrics)
      if (message.kind !== 'sum') return
      const text = await sum.render(supervisor.serving())
      if (worker.isConnected()) worker.send({ kind: 'sum', id: message.id, text } satisfies ToWorker)
    })
    worker.on('exit', (code, signal) => {
      sum.ended(worker.id)
      supervisor.ended(worker, { code, signal })
    })
    return worker
  }

  process.on('SIGHUP', () => {
    // Read here first: what cannot be used is told once, and no worker differs from the others.
    const next = readAgain(read, log)
    if (!next) return
    current = next.config
    log = openLog(current)
    supervisor.reload()
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      const { drainMs, timeoutMs } = current.shutdown
      supervisor.stop(drainMs + timeoutMs + STOP_SLACK_MS)
    })
  }

  process.exit(await supervisor.run())
}
