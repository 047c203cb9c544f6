import { sendEvent } from './send-event.ts'
import type { StandIn } from './stand-in.ts'
import type { StoredEvent } from './stored.ts'

/** How events reach the endpoints, as tests and the development stack see it. */
export interface Delivery {
  /** Holds everything back until `resume`. */
  pause(): void
  resume(): void
  /** How many deliveries are still to be made, those under way included. */
  pending(): number
  /** Tries everything that is pending once, now, also while paused. */
  deliverAll(): Promise<{ delivered: number; failed: number }>
  /** Settles when nothing is under way and nothing is due. */
  idle(): Promise<void>
  /** Forgets everything that is pending, as if Stripe had lost it. @returns how many */
  forget(): number
  /** What was given up after three days of trying. */
  abandoned(): { event: string; endpoint: string; reason: string }[]
}

export interface DeliveryWorker extends Delivery {
  add(event: StoredEvent): void
  /** Looks again at what is due, after time has moved on. */
  wake(): void
  /** Takes up what a loaded account has not delivered yet. */
  restore(): void
  close(): void
}

export interface DeliveryOptions {
  fetch: typeof globalThis.fetch
  /** How many deliveries may be under way at once. */
  concurrency: number
  /** Told when an event has been delivered or given up. */
  onSettled(): void
}

interface Pending {
  event: string
  endpoint: string
  attempts: number
  /** Milliseconds of the account's time. */
  firstAt: number | null
  nextAt: number
}

const PATIENCE_MS = 3 * 86_400_000
const FIRST_BACK_OFF_MS = 1000
const LONGEST_BACK_OFF_MS = 3_600_000
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Delivers each event to the endpoints that wait for it until they answer 2xx, for three days. */
export function createDelivery(
  standIn: StandIn,
  { fetch, concurrency, onSettled }: DeliveryOptions,
): DeliveryWorker {
  const { store, clock } = standIn
  const queue = new Set<Pending>()
  const underWay = new Set<Promise<boolean>>()
  const abandoned: ReturnType<Delivery['abandoned']> = []
  let paused = false
  let closed = false
  let timer: NodeJS.Timeout | undefined

  function pump(): void {
    clearTimeout(timer)
    if (paused || closed) return
    let earliest = Number.POSITIVE_INFINITY
    for (const pending of queue) {
      if (underWay.size >= concurrency) return
      if (pending.nextAt <= clock.now()) start(pending)
      else earliest = Math.min(earliest, pending.nextAt)
    }
    if (earliest === Number.POSITIVE_INFINITY) return
    timer = setTimeout(pump, Math.min(earliest - clock.now(), LONGEST_TIMER_MS))
    timer.unref()
  }

  function start(pending: Pending): Promise<boolean> {
    queue.delete(pending)
    const attempt = deliver(pending)
    underWay.add(attempt)
    void attempt.finally(() => {
      underWay.delete(attempt)
      pump()
    })
    return attempt
  }

  async function deliver(pending: Pending): Promise<boolean> {
    pending.firstAt ??= clock.now()
    pending.attempts += 1
    const event = store.events.get(pending.event)
    const endpoint = store.webhookEndpoints.get(pending.endpoint)
    if (!event) return true
    if (endpoint?.status !== 'enabled') {
      settle(event, pending.endpoint)
      return true
    }
    const failure = await sendEvent(standIn, fetch, event, endpoint)
    if (failure === undefined) {
      settle(event, endpoint.id)
      return true
    }
    if (clock.now() - pending.firstAt >= PATIENCE_MS) {
      settle(event, endpoint.id)
      abandoned.push({ event: event.id, endpoint: endpoint.id, reason: failure })
      return false
    }
    const backOffMs = Math.min(FIRST_BACK_OFF_MS * 2 ** (pending.attempts - 1), LONGEST_BACK_OFF_MS)
    queue.add({ ...pending, nextAt: clock.now() + backOffMs })
    return false
  }

  function settle(event: StoredEvent, endpoint: string): void {
    event.waiting = event.waiting.filter((id) => id !== endpoint)
    onSettled()
  }

  function add(event: StoredEvent): void {
    for (const endpoint of event.waiting) {
      queue.add({ event: event.id, endpoint, attempts: 0, firstAt: null, nextAt: 0 })
    }
  }

  return {
    add,
    wake: pump,
    restore() {
      queue.clear()
      for (const event of store.events.values()) add(event)
      pump()
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
    pause() {
      paused = true
      clearTimeout(timer)
    },
    resume() {
      paused = false
      pump()
    },
    pending: () => queue.size + underWay.size,
    async deliverAll() {
      const outcomes: boolean[] = []
      const waiting = [...queue]
      const worker = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          if (queue.has(next)) outcomes.push(await start(next))
        }
      }
      await Promise.all(Array.from({ length: concurrency }, worker))
      const delivered = outcomes.filter(Boolean).length
      return { delivered, failed: outcomes.length - delivered }
    },
    async idle() {
      const isDue = () => !paused && !closed && [...queue].some(({ nextAt }) => nextAt <= clock.now())
      while (underWay.size > 0 || isDue()) {
        pump()
        await Promise.race(underWay)
      }
    },
    forget() {
      const count = queue.size
      for (const { event, endpoint } of queue) {
        const known = store.events.get(event)
        if (known) known.waiting = known.waiting.filter((id) => id !== endpoint)
      }
      queue.clear()
      return count
    },
    abandoned: () => [...abandoned],
  }
}
