import { pause } from '../async/pause.ts'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import type { Bus, EventMessage, PublishResult } from './bus.ts'
import type { JetStreamFailure, JetStreamResult } from './publish-acks.ts'
import type { StreamCalls } from './stream-calls.ts'
import { createStreamCover } from './stream-cover.ts'

/** What a NATS client library must give; each host adapts its own. */
export interface JetStreamClient {
  /** @throws while no server can be reached */
  connect(events: LinkEvents): Promise<JetStreamLink>
  /** What a failed call of the link means, publishing aside. */
  failureOf(error: unknown): JetStreamFailure
}

export interface LinkEvents {
  /** The connection is gone, for a while or for good. */
  lost(): void
}

export interface JetStreamLink extends StreamCalls {
  connected(): boolean
  /** Whether the link has ended for good, so that only a new one helps. */
  closed(): boolean
  /** Resolves after the acknowledgement; never throws, and gives up at once when the connection is lost. */
  publish(message: EventMessage): Promise<JetStreamResult>
  /** A round trip to the server. */
  ping(): Promise<void>
  /** Sends what is buffered, then closes. */
  drain(): Promise<void>
}

/** A stream that another relay is making is listed a moment before it takes messages. */
const SETTLING_MS = [0, 50, 200]

/** The JetStream bus over any client: connects lazily, makes missing streams and finds them again after a wipe. */
export function createJetStreamBus(
  client: JetStreamClient,
  { config, log }: { config: Pick<Config, 'nats' | 'events'>; log: Log },
): Bus {
  const streams = createStreamCover(config, log)
  let link: JetStreamLink | undefined
  let connecting: Promise<JetStreamLink> | undefined

  // Streams may be gone when the server is back.
  const lost = () => streams.forgetAll()

  async function linked(): Promise<JetStreamLink> {
    if (link && !link.closed()) return link
    connecting ??= client.connect({ lost }).finally(() => {
      connecting = undefined
    })
    link = await connecting
    return link
  }

  async function publish(message: EventMessage): Promise<PublishResult> {
    const to = link
    if (!to?.connected()) return { kind: 'unavailable', reason: 'not connected' }
    try {
      let stream = streams.cover(to, message.subject)
      await stream
      let result = await to.publish(message)
      for (const pauseMs of SETTLING_MS) {
        if (result.kind !== 'no_stream') break
        await pause(pauseMs)
        streams.forget(message.subject, stream)
        stream = streams.cover(to, message.subject)
        await stream
        result = await to.publish(message)
      }
      return withoutStream(result)
    } catch (error) {
      return withoutStream(client.failureOf(error))
    }
  }

  return {
    async prepare(subjects) {
      const to = await linked()
      if (!to.connected()) throw new Error('not connected')
      for (const subject of subjects) {
        try {
          await streams.cover(to, subject)
        } catch (error) {
          const { kind, reason } = client.failureOf(error)
          // What the server refuses concerns this subject alone; the others must still flow.
          if (kind !== 'refused') throw error
          log.warn({ subject, reason }, 'stream could not be made')
        }
      }
    },
    publish,
    async ready() {
      try {
        const to = await linked()
        if (!to.connected()) return false
        await to.ping()
        return true
      } catch {
        return false
      }
    },
    async close() {
      // A server that says nothing must not hold up the end: a connection that still comes is closed then.
      connecting?.then((late) => late.drain()).catch(() => undefined)
      const last = link
      link = undefined
      await last?.drain()
    },
  }
}

/** A stream that is missing although it was just made or found: JetStream is in trouble. */
function withoutStream(result: JetStreamResult): PublishResult {
  return result.kind === 'no_stream' ? { kind: 'unavailable', reason: result.reason } : result
}
