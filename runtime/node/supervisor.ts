import type { Worker } from 'node:cluster'
import type { Log } from '../../lib/log.ts'

export interface SupervisorOptions {
  workers: number
  fork(): Worker
  log(): Log
  /** Asks a worker that serves to finish what it has and to end. */
  askToStop(worker: Worker): void
}

export interface Exit {
  code: number | null
  signal: string | null
}

/** Keeps a number of workers running. */
export interface Supervisor {
  /** Starts the workers. @returns resolves when all serve for the first time; never when one cannot start */
  start(): Promise<void>
  /** Resolves when no worker is left, with the exit code of the whole. */
  ended: Promise<number>
  workerReady(worker: Worker): void
  workerLeaving(worker: Worker): void
  workerEnded(worker: Worker, exit: Exit): void
  /** Workers that take connections. */
  serving(): Worker[]
  /** Ends everything with exit code 1: something else than a worker has failed. */
  fail(fields: object, message: string): void
  /** Has every worker stop; kills those that still run after the limit. */
  stop(limitMs: number): void
}

/** A worker that served for this long has failed for a reason of its own. */
const PROVEN_MS = 10_000
/** Failures in a row after which all of it ends, unless another worker does well: whoever runs the container should know. */
const MAX_FAILURES = 5
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 10_000
/** After a failure, how long the others have to stop. */
const FAILED_STOP_MS = 1000

/** Whether a worker has served for long, or had. */
function isProven(state: State): boolean {
  return state.kind === 'serving' && performance.now() - state.since >= PROVEN_MS
}

type State = { kind: 'starting' } | { kind: 'serving'; since: number } | { kind: 'leaving' }

export function createSupervisor({ workers, fork, log, askToStop }: SupervisorOptions): Supervisor {
  const states = new Map<Worker, State>()
  const restarts = new Set<NodeJS.Timeout>()
  const started = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<number>()
  let complete = false
  let stopping = false
  let exitCode = 0
  let failures = 0

  const startOne = () => void states.set(fork(), { kind: 'starting' })
  const serving = () => [...states].filter(([, { kind }]) => kind === 'serving').map(([worker]) => worker)

  function startLater(pauseMs: number): void {
    const timer = setTimeout(() => {
      restarts.delete(timer)
      startOne()
    }, pauseMs)
    restarts.add(timer)
  }

  function workerReady(worker: Worker): void {
    if (stopping || !states.has(worker)) return
    states.set(worker, { kind: 'serving', since: performance.now() })
    if (complete) return
    // The first runs the migrations, and fails alone where all would fail.
    if (states.size === 1) for (let count = 1; count < workers; count++) startOne()
    if (serving().length < workers) return
    complete = true
    started.resolve()
  }

  function workerLeaving(worker: Worker): void {
    if (stopping || states.get(worker)?.kind !== 'serving') return
    states.set(worker, { kind: 'leaving' })
    askToStop(worker)
  }

  function workerEnded(worker: Worker, { code, signal }: Exit): void {
    const state = states.get(worker)!
    states.delete(worker)
    if (stopping) {
      if (code !== 0 && state.kind !== 'starting') exitCode = 1
      if (states.size === 0) ended.resolve(exitCode)
      return
    }
    if (state.kind === 'leaving' && code === 0) return void startLater(0)
    const pid = worker.process.pid
    if (!complete) return void fail({ pid, code, signal }, 'a worker could not start')
    failures = isProven(state) ? 1 : failures + 1
    if (failures > MAX_FAILURES && ![...states.values()].some(isProven))
      return void fail({ pid, code, signal }, 'workers end again and again')
    log().error({ pid, code, signal, failures }, 'a worker has ended unasked, another takes its place')
    startLater(failures === 1 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (failures - 2), LONGEST_PAUSE_MS))
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
    if (states.size === 0) ended.resolve(exitCode)
    for (const [worker, { kind }] of states) {
      if (kind === 'serving') askToStop(worker)
      if (kind === 'starting') worker.process.kill('SIGKILL')
    }
    setTimeout(() => {
      exitCode = 1
      log().error({}, 'stopped before everything was done')
      for (const worker of states.keys()) worker.process.kill('SIGKILL')
    }, limitMs).unref()
  }

  return {
    start() {
      startOne()
      return started.promise
    },
    ended: ended.promise,
    workerReady,
    workerLeaving,
    workerEnded,
    serving,
    fail,
    stop,
  }
}
