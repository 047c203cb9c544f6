import type { Worker } from 'node:cluster'
import type { Log } from '../../lib/log.ts'

export interface Urls {
  url: string
  internalUrl: string
}

export interface SupervisorOptions {
  workers: number
  fork(): Worker
  /** Called once, when all workers serve for the first time. */
  ready(urls: Urls): void
  log(): Log
}

export interface Exit {
  code: number | null
  signal: string | null
}

/** Keeps a number of workers running. */
export interface Supervisor {
  /** Starts the workers. @returns the exit code of the whole, when none is left */
  run(): Promise<number>
  becameReady(worker: Worker, urls: Urls): void
  ended(worker: Worker, exit: Exit): void
  /** Workers that take requests. */
  serving(): Worker[]
  /** Has every worker read its configuration anew. */
  reload(): void
  /** Has every worker stop; kills those that still run after the limit. */
  stop(limitMs: number): void
}

/** A worker that served for this long has failed for a reason of its own. */
const PROVEN_MS = 10_000
/** Failures in a row, of any worker, after which all of it ends: whoever runs the container should know. */
const MAX_FAILURES = 5
const FIRST_PAUSE_MS = 200
/** After a failure, how long the others have to stop. */
const FAILED_STOP_MS = 1000

export function createSupervisor({ workers, fork, ready, log }: SupervisorOptions): Supervisor {
  interface State {
    readyAt?: number
    /** Asked to reload before it could hear of it. */
    reload?: boolean
  }
  const running = new Map<Worker, State>()
  const done = Promise.withResolvers<number>()
  const restarts = new Set<NodeJS.Timeout>()
  let announced = false
  let stopping = false
  let exitCode = 0
  let failures = 0

  const serving = () => [...running].filter(([, { readyAt }]) => readyAt !== undefined).map(([one]) => one)
  const start = () => void running.set(fork(), {})

  function becameReady(worker: Worker, urls: Urls): void {
    const state = running.get(worker)
    if (!state) return
    state.readyAt = performance.now()
    if (state.reload) worker.process.kill('SIGHUP')
    if (announced || stopping) return
    // The first runs the migrations, and fails alone where all would fail.
    if (running.size === 1) for (let count = 1; count < workers; count++) start()
    if (serving().length < workers) return
    announced = true
    ready(urls)
  }

  function ended(worker: Worker, { code, signal }: Exit): void {
    const { readyAt } = running.get(worker) ?? {}
    running.delete(worker)
    const early = readyAt === undefined
    if (stopping) {
      if (code !== 0 && !(early && signal === 'SIGTERM')) exitCode = 1
      if (running.size === 0) done.resolve(exitCode)
      return
    }
    const pid = worker.process.pid
    if (!announced) return void fail({ pid, code, signal }, 'a worker could not start')
    failures = early || performance.now() - readyAt < PROVEN_MS ? failures + 1 : 1
    if (failures > MAX_FAILURES) return void fail({ pid, code, signal }, 'workers end again and again')
    log().error({ pid, code, signal, failures }, 'a worker has ended unasked, another takes its place')
    const timer = setTimeout(
      () => {
        restarts.delete(timer)
        start()
      },
      failures === 1 ? 0 : FIRST_PAUSE_MS * 2 ** (failures - 2),
    )
    restarts.add(timer)
  }

  function fail(fields: object, message: string): void {
    log().error(fields, message)
    exitCode = 1
    stop(FAILED_STOP_MS)
  }

  function stop(limitMs: number): void {
    if (stopping) return
    stopping = true
    for (const timer of restarts) clearTimeout(timer)
    if (running.size === 0) done.resolve(exitCode)
    for (const worker of running.keys()) worker.process.kill('SIGTERM')
    setTimeout(() => {
      exitCode = 1
      log().error({}, 'stopped before everything was done')
      for (const worker of running.keys()) worker.process.kill('SIGKILL')
    }, limitMs).unref()
  }

  return {
    run() {
      start()
      return done.promise
    },
    becameReady,
    ended,
    serving,
    reload() {
      for (const [worker, state] of running) {
        if (state.readyAt === undefined) state.reload = true
        else worker.process.kill('SIGHUP')
      }
    },
    stop,
  }
}
