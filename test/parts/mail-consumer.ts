import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { type ConnectionOptions, connect } from '@nats-io/transport-node'
import type { Payload } from '../../lib/events/subjects.ts'

const SUBJECT = 'mail.send'
const DURABLE = 'duna-mail-send'

/** Takes mails one by one as the public consumer does: a durable on the stream that covers `mail.send`, each acknowledged. */
export async function consumeMail(options: ConnectionOptions) {
  const connection = await connect(options)
  const manager = await jetstreamManager(connection)
  const stream = await manager.streams.find(SUBJECT)
  await manager.consumers.add(stream, {
    durable_name: DURABLE,
    filter_subject: SUBJECT,
    ack_policy: AckPolicy.Explicit,
    ack_wait: 300_000_000_000,
    deliver_policy: DeliverPolicy.All,
    max_deliver: -1,
  })
  const consumer = await jetstream(connection).consumers.get(stream, DURABLE)

  return {
    /** The next mail; null when none comes in time. */
    async next(expires = 20_000): Promise<Payload<'mail.send'> | null> {
      const message = await consumer.next({ expires })
      await message?.ackAck()
      return message?.json() ?? null
    },
    close: () => connection.close(),
  }
}
