import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import type { Bus, EventMessage, PublishResult } from './bus.ts'
import type { JetStreamFailure, JetStreamResult } from './publish-acks.ts'
import { type StreamSpec, streamSpec } from './streams.ts'

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

export interface JetStreamLink {
  connected(): boolean
  /** Whether the link has ended for good, so that only a new one helps. */
  closed(): boolean
  /** Resolves after the acknowledgement; never throws, and gives up at once when the connection is lost. */
  publish(message: EventMessage): Promise<JetStreamResult>
  /** Names of the streams that take the subject. */
  streamsOf(subject: string): Promise<string[]>
  addStream(spec: StreamSpec): Promise<void>
  /** A round trip to the server. */
  ping(): Promise<void>
  /** Sends what is buffered, then closes. */
  drain(): Promise<void>
}

/** The JetStream bus over any client: connects lazily, makes missing streams and finds them again after a wipe. */
export function createJetStreamBus(
  client: JetStreamClient,
  { config, log }: { config: Pick<Config, 'nats' | 'events'>; log: Log },
): Bus {
  /** Subject -> the stream that takes it is there. */
  const covered = new Map<string, Promise<void>>()
  const foreign = new Set<string>()
  let link: JetStreamLink | undefined
  let connecting: Promise<JetStreamLink> | undefined

  // Streams may be gone when the server is back.
  const lost = () => covered.clear()

  async function linked(): Promise<JetStreamLink> {
    if (link && !link.closed()) return link
    connecting ??= client.connect({ lost }).finally(() => {
      connecting = undefined
    })
    link = await connecting
    return link
  }

  function cover(to: JetStreamLink, subject: string): Promise<void> {
    let covering = covered.get(subject)
    if (!covering) {
      covering = ensureStream(to, subject)
      covered.set(subject, covering)
      covering.catch(() => covered.delete(subject))
    }
    return covering
  }

  async function ensureStream(to: JetStreamLink, subject: string): Promise<void> {
    const spec = streamSpec(subject, config)
    const names = await to.streamsOf(subject)
    if (names.length === 0) {
      await to.addStream(spec)
      log.info({ stream: spec.name, subject }, 'stream made')
    }
    for (const name of names) {
      if (name === spec.name || foreign.has(`${name} ${subject}`)) continue
      foreign.add(`${name} ${subject}`)
      log.info({ stream: name, subject }, 'stream of others reused')
    }
  }

  async function publish(message: EventMessage): Promise<PublishResult> {
    const to = link
    if (!to?.connected()) return { kind: 'unavailable', reason: 'not connected' }
    try {
      const stream = cover(to, message.subject)
      await stream
      const first = await to.publish(message)
      if (first.kind !== 'no_stream') return first

      if (covered.get(message.subject) === stream) covered.delete(message.subject)
      await cover(to, message.subject)
      return withoutStream(await to.publish(message))
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
          await cover(to, subject)
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
