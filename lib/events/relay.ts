import { createPause, within } from '../async/pause.ts'
import type { Config } from '../config.ts'
import { type BackoffRange, backoffMs } from './backoff.ts'
import type { Delivery } from './deliver-batch.ts'
import { type DrainReport, drainOutbox } from './drain-outbox.ts'
import { createHousekeeper } from './housekeeper.ts'
import { createRelayState } from './relay-state.ts'
import { prefixedSubject } from './streams.ts'
import { SUBJECTS } from './subjects.ts'

const AWAY: BackoffRange = { minMs: 200, maxMs: 5000 }

export interface RelayOptions extends Omit<Delivery, 'config' | 'random'> {
  config: Pick<Config, 'events' | 'nats' | 'sessions' | 'shutdown' | 'stripe'>
  /** In [0, 1); default Math.random. */
  random?: () => number
}

/** Carries committed events from the outbox to the bus; one runs in every replica. */
export interface Relay {
  /** Says that the outbox has new events. */
  wake(): void
  start(): void
  /** Publishes what is due once, beside the loop. @throws while the bus or the database is away */
  flushOnce(): Promise<DrainReport>
  /**
   * Finishes what is on its way and publishes what is due, then ends; no later than the limit, after which leases
   * run out by themselves. A relay that was never started has nothing to finish. Never throws.
   * @param limitMs default `shutdown.timeoutMs`
   */
  stop(limitMs?: number): Promise<void>
}

/** Keeps running through any failure: while the bus or the database is away it waits, and no event counts a try. */
export function createRelay({ random = Math.random, ...options }: RelayOptions): Relay {
  const { db, bus, clock, log, config } = options
  const delivery: Delivery = { ...options, random }
  const subjects = Object.keys(SUBJECTS).map((subject) => prefixedSubject(subject, config.nats.prefix))
  const state = createRelayState(log, clock)
  const pause = createPause()
  let prepared = false
  let stopping = false
  let stopped = false
  let running: Promise<void> | undefined
  const housekeeper = createHousekeeper({ db, config, clock, log, random, stopped: () => stopping })

  async function flushOnce(): Promise<DrainReport> {
    if (!prepared) await bus.prepare(subjects)
    prepared = true
    const releaseMs = backoffMs(state.failures + 1, AWAY, random())
    const report = await drainOutbox(delivery, { stopped: () => stopped, releaseMs })
    // Streams may have gone with the server: look again before the next publish.
    if (report.away !== undefined) prepared = false
    return report
  }

  /** @returns how long to wait before the next turn */
  async function turn(): Promise<number> {
    try {
      const { away } = await flushOnce()
      if (away !== undefined) state.away('bus', away)
      else state.flowing()
    } catch (error) {
      state.away(prepared ? 'database' : 'bus', error)
    }
    return state.failures > 0 ? backoffMs(state.failures, AWAY, random()) : config.events.relayIntervalMs
  }

  async function run(): Promise<void> {
    while (!stopping) {
      const waitMs = await turn()
      if (state.failures === 0) housekeeper.tidyIfDue()
      if (!stopping) await pause.wait(waitMs)
    }
  }

  return {
    wake() {
      // A request must not shorten the back-off of a bus that is away.
      if (state.failures === 0) pause.end()
    },
    start() {
      running ??= run()
    },
    flushOnce,
    async stop(limitMs = config.shutdown.timeoutMs) {
      stopping = true
      pause.end()
      if (!running) return
      const finish = async () => {
        await running
        await housekeeper.idle()
        await turn()
      }
      const inTime = await within(limitMs, finish())
      stopped = true
      if (!inTime || state.failures > 0) log.warn({}, 'stopped without flushing the outbox')
    },
  }
}
