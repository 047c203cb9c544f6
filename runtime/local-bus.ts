import type { Bus, EventMessage } from '../lib/events/bus.ts'
import type { Log } from '../lib/log.ts'

/** A bus within this process, for when no NATS is configured. */
export interface LocalBus extends Bus {
  /** @returns ends the subscription */
  subscribe(listener: (message: EventMessage) => void): () => void
}

/** Hands each event to the listeners of the moment and keeps nothing. A listener that throws disturbs no other. */
export function createLocalBus(log: Log): LocalBus {
  const listeners = new Set<(message: EventMessage) => void>()

  return {
    async prepare() {},
    async publish(message) {
      for (const listener of [...listeners]) {
        try {
          listener(message)
        } catch (error) {
          log.error({ err: error, event: message.id, subject: message.subject }, 'event listener failed')
        }
      }
      return { kind: 'acknowledged' }
    },
    ready: async () => true,
    async close() {
      listeners.clear()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
