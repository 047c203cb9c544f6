import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import type { StreamCalls } from './stream-calls.ts'
import { type StreamSpec, streamSpec } from './streams.ts'

/** Remembers which subjects a stream takes, so that each is looked up once. */
export interface StreamCover {
  /** Makes the stream of the subject unless one takes it; calls for the same subject share one look. */
  cover(link: StreamCalls, subject: string): Promise<void>
  /** Forgets that subject if this is still what is known of it. */
  forget(subject: string, covering: Promise<void>): void
  forgetAll(): void
}

export function createStreamCover(config: Pick<Config, 'nats' | 'events'>, log: Log): StreamCover {
  /** Subject -> the stream that takes it is there. */
  const covered = new Map<string, Promise<void>>()
  const foreign = new Set<string>()

  async function ensureStream(link: StreamCalls, subject: string): Promise<void> {
    const spec = streamSpec(subject, config)
    const names = await link.streamsOf(subject)
    if (names.length === 0) await makeStream(link, spec)
    for (const name of names) {
      if (name === spec.name || foreign.has(`${name} ${subject}`)) continue
      foreign.add(`${name} ${subject}`)
      log.info({ stream: name, subject }, 'stream of others reused')
    }
  }

  async function makeStream(link: StreamCalls, spec: StreamSpec): Promise<void> {
    try {
      await link.addStream(spec)
      log.info({ stream: spec.name, subject: spec.subject }, 'stream made')
    } catch (error) {
      // Another relay may have made it since we looked.
      if ((await link.streamsOf(spec.subject)).length === 0) throw error
    }
  }

  return {
    cover(link, subject) {
      let covering = covered.get(subject)
      if (!covering) {
        covering = ensureStream(link, subject)
        covered.set(subject, covering)
        covering.catch(() => covered.delete(subject))
      }
      return covering
    },
    forget(subject, covering) {
      if (covered.get(subject) === covering) covered.delete(subject)
    },
    forgetAll: () => covered.clear(),
  }
}
