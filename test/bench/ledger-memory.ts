import { setTimeout as sleep } from 'node:timers/promises'
import { parseConfig } from '../../lib/config.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { JWT_KEY } from '../parts/gateway.ts'
import { type Engine, openEngine } from './engine.ts'
import { sendAll } from './load.ts'
import { type Programs, residentMiB, startProduct } from './programs.ts'
import { type BenchResult, compared } from './result.ts'
import { deliveries, WEBHOOK_SECRET } from './stripe-events.ts'

const EVENTS = 50_000
const PORTION = 5000
const WARM = 5
const CONNECTIONS = 16
const SUBSCRIPTIONS = 500
const QUIET_MS = 120_000

/** Memory of a server after 50,000 events were taken in and applied, against what it held after half of them: until then its heap grows to its size. */
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
    for (let sent = 0; sent < EVENTS; sent += PORTION) {
      await sendAll(server.port, next, { count: PORTION, connections: CONNECTIONS })
      const quietBy = performance.now() + QUIET_MS
      while (await pending()) {
        if (performance.now() > quietBy) throw new Error('the ledger does not keep up')
        await sleep(200)
      }
      held.push(residentMiB(server.pid))
    }
    const [first, ...later] = held.slice(WARM - 1)
    const rounds = later.map((ours) => ({ ours, floor: first! }))
    const result = compared(
      `memory over ${EVENTS} events, ${engine} / after the first ${WARM * PORTION}`,
      'MiB',
      { atMost: 1.2 },
      rounds,
    )
    return { ...result, ours: held.at(-1)!, ratio: held.at(-1)! / first!, met: held.at(-1)! / first! <= 1.2 }
  } finally {
    await reader.close()
    await server.stop()
    await stop()
  }
}
