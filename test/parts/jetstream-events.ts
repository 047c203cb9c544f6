import { type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'

/** An event as a consumer gets it. */
export interface PublishedEvent {
  /** Without the prefix of the configuration. */
  subject: string
  /** The message id that the server de-duplicates by. */
  messageId: string
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it expects
  data: any
  traceparent?: string
}

/** Messages of one fetch: the server gives no more than it may have on its way. */
const PORTION = 500

/** Everything that the streams hold whose subjects begin with the prefix, read by a consumer from the first message on. */
export async function readEvents(url: string, prefix?: string): Promise<PublishedEvent[]> {
  const connection = await connect({ servers: url })
  try {
    const manager = await jetstreamManager(connection)
    const events: PublishedEvent[] = []
    for await (const { config, state } of manager.streams.list()) {
      const isOurs = !prefix || config.subjects.every((subject) => subject.startsWith(`${prefix}.`))
      if (!isOurs || state.messages === 0) continue
      const consumer = await jetstream(connection).consumers.get(config.name)
      for (let left = state.messages; left > 0; ) {
        const batch = await consumer.fetch({ max_messages: Math.min(left, PORTION), expires: 10_000 })
        let count = 0
        for await (const message of batch) {
          events.push(published(message, prefix))
          count++
        }
        if (count === 0) throw new Error(`${config.name} holds ${left} messages that it does not give`)
        left -= count
      }
    }
    return events
  } finally {
    await connection.close()
  }
}

function published(message: JsMsg, prefix: string | undefined): PublishedEvent {
  const traceparent = message.headers?.get('traceparent')
  return {
    subject: prefix ? message.subject.slice(prefix.length + 1) : message.subject,
    messageId: message.headers?.get('Nats-Msg-Id') ?? '',
    data: message.json(),
    ...(traceparent && { traceparent }),
  }
}
