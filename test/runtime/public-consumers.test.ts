import { AckPolicy, DeliverPolicy, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { SUBJECTS } from '../../lib/events/subjects.ts'
import { createNatsBus } from '../../runtime/node/nats-bus.ts'
import { testConfig } from '../lib/events/outbox-fixture.ts'
import { requirePart } from '../parts/available.ts'
import { startNats } from '../parts/nats.ts'
import { recordLog } from '../parts/record-log.ts'

const DURABLES = {
  'mail.send': 'duna-mail-send',
  'payment.success': 'authlance-payment-success',
  'payment.declined': 'authlance-payment-declined',
} as const

/** The public client: it takes the first stream that covers a subject, and on it one durable for the subject. */
async function consume(url: string, subject: keyof typeof DURABLES) {
  const connection = await connect({ servers: url })
  onTestFinished(() => connection.close())
  const manager = await jetstreamManager(connection)
  const stream = await manager.streams.find(subject)
  await manager.consumers.add(stream, {
    durable_name: DURABLES[subject],
    filter_subject: subject,
    ack_policy: AckPolicy.Explicit,
    ack_wait: 300_000_000_000,
    deliver_policy: DeliverPolicy.All,
    max_deliver: -1,
  })
  const consumer = await jetstream(connection).consumers.get(stream, DURABLES[subject])
  return { next: (expires = 5000): Promise<JsMsg | null> => consumer.next({ expires }) }
}

describe.skipIf(requirePart('nats'))("the public client's consumers", () => {
  test('get mails and payments, one durable for each subject, and again what they did not acknowledge', async () => {
    const { url, stop } = await startNats()
    onTestFinished(async () => void (await stop()))
    const bus = createNatsBus(testConfig({ nats: { url } }), recordLog())
    onTestFinished(() => bus.close())
    await bus.prepare(Object.keys(SUBJECTS))
    const subjects = Object.keys(DURABLES) as (keyof typeof DURABLES)[]
    for (const subject of [...subjects, ...subjects]) {
      const data = JSON.stringify(SUBJECTS[subject].example)
      await bus.publish({ id: crypto.randomUUID(), subject, data })
    }

    for (const subject of subjects) {
      const consumer = await consume(url, subject)
      const first = await consumer.next()
      expect(first!.subject).toBe(subject)
      expect(first!.json()).toEqual(SUBJECTS[subject].example)
      first!.nak()
      const taken = [await consumer.next(), await consumer.next()]
      expect(taken.map((message) => message!.subject)).toEqual([subject, subject])
      expect(taken.map((message) => message!.seq).sort()).toEqual([1, 2])
      for (const message of taken) await message!.ackAck()
      expect(await consumer.next(1000)).toBeNull()
    }
  }, 30_000)
})
