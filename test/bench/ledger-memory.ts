import { setTimeout as sleep } from 'node:timers/promises'
import { parseConfig } from '../../lib/config.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { JWT_KEY } from '../parts/gateway.ts'
import { type Engine, openEngine } from './engine.ts'
import { sendAll } from './load.ts'
import { type Programs, residentMiB, startProduct } from './programs.ts'
import { type BenchResult, compared } from './result.ts'
import { deliveries, WEBHOOK_SECRET } from './stripe-events.ts'

const WARM_UP = 50_000
const EVENTS = 50_000
const PORTION = 5000
const CONNECTIONS = 16
const SUBSCRIPTIONS = 500
const QUIET_MS = 120_000

/** Memory of a server over 50,000 events that it takes in and applies, against what it held before them: its heap has grown to its size by then. */
export async function benchLedgerMemory(programs: Programs, engine: Engine): Promise<BenchResult> {
  const { database, stop } = await openEngine(engine)
  const upstream = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
  const settings = { kratos: upstream, database, stripe: { webhookSecret: WEBHOOK_SECRET } }
  const server = await startProduct(programs, settings)
  const reader = openDatabase(parseConfig({ jwtKey: JWT_KEY, ...settings }, { env: {} }).config)
  const pending = async () => {
    const query = reader.db.selectFrom('stripe_events').select('id').where('state', '=', 'pending').limit(1)
    return (await query.executeTakeFirst()) !== undefined
  }
  try {
    const held: number[] = []
    const next = deliveries(SUBSCRIPTIONS)
    for (let sent = 0; sent < WARM_UP + EVENTS; sent += PORTION) {
      await sendAll(server.port, next, { count: PORTION, connections: CONNECTIONS })
      const quietBy = performance.now() + QUIET_MS
      while (await pending()) {
        if (performance.now() > quietBy) throw new Error('the ledger does not keep up')
        await sleep(200)
      }
      held.push(residentMiB(server.pid))
    }
    const [before, ...during] = held.slice(WARM_UP / PORTION - 1)
    const rounds = during.map((ours) => ({ ours, floor: before! }))
    return compared(
      `memory over ${EVENTS} events, ${engine} / after ${WARM_UP} before`,
      'MiB',
      { atMost: 1.1 },
      rounds,
    )
  } finally {
    await reader.close()
    await server.stop()
    await stop()
  }
}
