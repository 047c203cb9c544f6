import type { StreamSpec } from './streams.ts'

const NANOS_PER_MS = 1_000_000

/** What a link does about streams. */
export interface StreamCalls {
  /** Names of the streams that take the subject. */
  streamsOf(subject: string): Promise<string[]>
  addStream(spec: StreamSpec): Promise<void>
}

/** What the stream managers of both families of NATS clients have; their words for retention and storage do not mix. */
export interface StreamManager<R, S> {
  streams: {
    names(subject: string): AsyncIterable<string>
    add(config: StreamSettings<R, S>): Promise<unknown>
  }
}

interface StreamSettings<R, S> {
  name: string
  subjects: string[]
  retention: R
  storage: S
  /** In nanoseconds, as is the window. */
  max_age: number
  duplicate_window: number
}

/** The words of one family, under its own names. */
export interface StreamTerms<R, S> {
  RetentionPolicy: { Limits: R; Workqueue: R }
  StorageType: { File: S }
}

/** A link's calls about streams, through the manager of its client. */
export function streamCalls<R, S>(
  { streams }: StreamManager<R, S>,
  { RetentionPolicy, StorageType }: StreamTerms<R, S>,
): StreamCalls {
  return {
    async streamsOf(subject) {
      const names: string[] = []
      for await (const name of streams.names(subject)) names.push(name)
      return names
    },
    async addStream({ name, subject, retention, maxAgeMs, duplicateWindowMs }) {
      await streams.add({
        name,
        subjects: [subject],
        retention: retention === 'workqueue' ? RetentionPolicy.Workqueue : RetentionPolicy.Limits,
        storage: StorageType.File,
        max_age: maxAgeMs * NANOS_PER_MS,
        duplicate_window: duplicateWindowMs * NANOS_PER_MS,
      })
    },
  }
}
