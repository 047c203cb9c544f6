import { setTimeout as sleep } from 'node:timers/promises'
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { type ConnectionOptions, connect } from '@nats-io/transport-node'

export interface ArrivedMail {
  messageId: string
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it expects
  data: any
}

export interface MailConsumer {
  /** Everything that came, redeliveries included. */
  readonly arrived: ArrivedMail[]
  /** The first mail that fits. @throws when none comes in time */
  waitFor(fits: (mail: ArrivedMail) => boolean, timeoutMs?: number): Promise<ArrivedMail>
  stop(): Promise<void>
}

const DURABLE = 'duna-mail-send'
const SUBJECT = 'mail.send'

/**
 * The public mail consumer: on the first stream that covers `mail.send` one durable, one message at a time, each acknowledged. Comes back
 * after any failure.
 * @param ackWaitMs when the server gives a message again that was not acknowledged; the public client waits 300 s
 */
export function startMailConsumer(
  server: string | ConnectionOptions,
  { ackWaitMs = 300_000 } = {},
): MailConsumer {
  const arrived: ArrivedMail[] = []
  let stopping = false

  async function consume(): Promise<void> {
    const connection = await connect({
      ...(typeof server === 'string' ? { servers: server } : server),
      reconnect: false,
      timeout: 2000,
    })
    try {
      const manager = await jetstreamManager(connection)
      const stream = await manager.streams.find(SUBJECT)
      await manager.consumers.add(stream, {
        durable_name: DURABLE,
        filter_subject: SUBJECT,
        ack_policy: AckPolicy.Explicit,
        ack_wait: ackWaitMs * 1_000_000,
        deliver_policy: DeliverPolicy.All,
        max_deliver: -1,
      })
      const consumer = await jetstream(connection).consumers.get(stream, DURABLE)
      while (!stopping) {
        const message = await consumer.next({ expires: 1000 })
        if (!message) continue
        arrived.push({ messageId: message.headers?.get('Nats-Msg-Id') ?? '', data: message.json() })
        await message.ackAck()
      }
    } finally {
      await connection.close()
    }
  }

  async function run(): Promise<void> {
    while (!stopping) {
      await consume().catch(() => undefined)
      if (!stopping) await sleep(100)
    }
  }
  const running = run()

  return {
    arrived,
    async waitFor(fits, timeoutMs = 15_000) {
      const deadline = performance.now() + timeoutMs
      for (;;) {
        const found = arrived.find(fits)
        if (found) return found
        if (performance.now() > deadline) throw new Error(`no such mail among ${arrived.length} that came`)
        await sleep(20)
      }
    },
    async stop() {
      stopping = true
      await running
    },
  }
}
