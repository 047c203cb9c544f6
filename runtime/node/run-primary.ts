import cluster, { type Worker } from 'node:cluster'
import { pause } from '../../lib/async/pause.ts'
import { type Config, type LoadedConfig, secretValues } from '../../lib/config.ts'
import { createLog, stdoutByTurn } from './log.ts'
import { readAgain } from './read-again.ts'
import { type SharedPorts, sharePorts } from './share-ports.ts'
import { createMetricsSum } from './sum-metrics.ts'
import { createSupervisor } from './supervisor.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

export interface PrimaryOptions {
  /** How many workers serve. */
  workers: number
  /** Reads the configuration anew. @throws when it cannot be used */
  read(): LoadedConfig
  /** Called when all workers serve and both ports are open. */
  ready(urls: { url: string; internalUrl: string }): void
}

/** Beyond the time that workers give themselves. */
const STOP_SLACK_MS = 500

/**
 * Holds the ports and passes each connection to one of several workers, which are this same command line; serves nothing itself.
 * Starts workers again that end unasked, passes on what signals ask for, and ends the process: with 0 when all stopped in time.
 */
export async function runPrimary(config: Config, { workers, read, ready }: PrimaryOptions): Promise<never> {
  const stdout = stdoutByTurn({ shared: true })
  const openLog = (from: Config) => createLog(from.log.level, secretValues(from), stdout)
  let current: LoadedConfig = { config, warnings: [] }
  /** What the workers had before the newest configuration. */
  let former = current
  let generation = 0
  let log = openLog(config)
  let ports: SharedPorts | undefined
  const sum = createMetricsSum()
  const supervisor = createSupervisor({
    workers,
    fork,
    log: () => log,
    askToStop: (worker) => send(worker, { kind: 'stop' }),
  })

  cluster.setupPrimary({ args: process.argv.slice(2), serialization: 'advanced' })
  function fork(): Worker {
    const worker = cluster.fork()
    send(worker, { kind: 'configure', loaded: current })
    worker.on('message', (message: FromWorker) => void heed(worker, message))
    worker.on('error', (error) =>
      log.warn({ err: error, pid: worker.process.pid }, 'a worker cannot be reached'),
    )
    worker.on('exit', (code, signal) => {
      sum.ended(worker.id)
      supervisor.workerEnded(worker, { code, signal })
    })
    return worker
  }

  async function heed(worker: Worker, message: FromWorker): Promise<void> {
    switch (message.kind) {
      case 'ready':
        supervisor.workerReady(worker)
        ports?.retry()
        break
      case 'leaving':
        supervisor.workerLeaving(worker)
        break
      case 'refused':
        // A worker that takes another's place would fail with it.
        if (message.generation === generation) current = former
        break
      case 'snapshot':
        sum.receive(worker.id, message.id, message.metrics)
        break
      case 'sum':
        send(worker, { kind: 'sum', id: message.id, text: await sum.render(supervisor.serving()) })
        break
    }
  }

  let stopping = false
  async function stop(): Promise<void> {
    if (stopping) return
    stopping = true
    const { drainMs, timeoutMs } = current.config.shutdown
    for (const worker of supervisor.serving()) send(worker, { kind: 'announceStop' })
    if (ports && drainMs > 0) await pause(drainMs)
    await ports?.close()
    supervisor.stop(timeoutMs + STOP_SLACK_MS)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop())

  process.on('SIGHUP', () => {
    if (stopping) return
    // Read here: what cannot be used is told once, and no worker differs from the others.
    const next = readAgain(read, log)
    if (!next) return
    former = current
    current = next
    generation++
    log = openLog(next.config)
    for (const worker of Object.values(cluster.workers ?? {}))
      if (worker) send(worker, { kind: 'reload', loaded: next, generation })
  })

  void supervisor.start().then(async () => {
    try {
      ports = await sharePorts(config, supervisor.serving)
      ready(ports)
    } catch (error) {
      supervisor.fail({ err: error }, 'a port cannot be opened')
    }
  })
  process.exit(await supervisor.ended)
}

function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message)
}
