import { jetstream } from '@nats-io/jetstream'
import { connect, headers } from '@nats-io/transport-node'
import { parseConfig } from '../../lib/config.ts'
import { migrate } from '../../lib/db/migrate.ts'
import type { EventMessage } from '../../lib/events/bus.ts'
import { eventMessage } from '../../lib/events/message.ts'
import { createRelay } from '../../lib/events/relay.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { createNatsBus } from '../../runtime/node/nats-bus.ts'
import { startMariaDb } from '../parts/mariadb.ts'
import { startNats } from '../parts/nats.ts'
import { recordLog } from '../parts/record-log.ts'
import { type BenchResult, compared } from './result.ts'

const EVENTS = 8000
const ROUNDS = 5
const WINDOW = 256
const SUBJECT = 'user.created'

/**
 * The relay from a MariaDB outbox to JetStream, against raw JetStream publishes of the same bytes with the same number
 * in flight, both from this process.
 */
export async function benchRelay(): Promise<BenchResult> {
  const [mariadb, nats] = await Promise.all([startMariaDb(), startNats()])
  try {
    const upstream = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
    const { config } = parseConfig(
      {
        jwtKey: 'a-key-of-tests-that-is-32-bytes-long',
        kratos: upstream,
        database: await mariadb.createDatabase(),
        nats: { url: nats.url },
      },
      { env: {} },
    )
    const { db, close } = openDatabase(config)
    await migrate(db, { tiers: [] })
    const log = recordLog()
    const bus = createNatsBus(config, log)
    const relay = createRelay({ db, bus, clock: { now: () => Date.now() }, log, config, owner: 'bench' })
    await relay.flushOnce()
    const connection = await connect({ servers: nats.url, noAsyncTraces: true })
    const js = jetstream(connection)

    const payload = JSON.stringify({ user: { identity: crypto.randomUUID(), bio: 'x'.repeat(900) } })
    const newRow = () => ({
      id: crypto.randomUUID() as string,
      subject: SUBJECT,
      schema_version: 1,
      payload,
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      created_at: Date.now(),
    })

    const rounds: { ours: number; floor: number }[] = []
    for (let round = 0; round <= ROUNDS; round++) {
      const rows = Array.from({ length: EVENTS }, newRow)
      const messages = rows.map((row, seq) =>
        eventMessage({ ...row, id: crypto.randomUUID(), seq }, undefined),
      )
      const floor = await rate(() => publishRaw(js, messages))

      for (let from = 0; from < EVENTS; from += 1000) {
        await db
          .insertInto('event_outbox')
          .values(rows.slice(from, from + 1000))
          .execute()
      }
      const ours = await rate(async () => {
        const { delivered } = await relay.flushOnce()
        if (delivered !== EVENTS) throw new Error(`delivered ${delivered} of ${EVENTS}`)
      })
      // The first round warms both up.
      if (round > 0) rounds.push({ ours, floor })
    }

    await Promise.all([connection.close(), bus.close(), close()])
    return compared('relay, MariaDB / raw JetStream publish', 'events/s', { atLeast: 0.7 }, rounds)
  } finally {
    await Promise.all([mariadb.stop(), nats.stop()])
  }
}

async function publishRaw(js: ReturnType<typeof jetstream>, messages: EventMessage[]): Promise<void> {
  let next = 0
  const lane = async () => {
    for (let index = next++; index < messages.length; index = next++) {
      const { id, subject, data, traceparent } = messages[index]!
      const header = headers()
      header.set('traceparent', traceparent!)
      await js.publish(subject, data, { msgID: id, timeout: 5000, headers: header })
    }
  }
  await Promise.all(Array.from({ length: WINDOW }, lane))
}

/** Events a second. */
async function rate(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (EVENTS * 1000) / (performance.now() - start)
}
