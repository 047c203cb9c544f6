import { drainStripeEvents } from '../../lib/billing/ledger/drain-stripe-events.ts'
import { claimStripeEvents } from '../../lib/billing/ledger/stripe-event-store.ts'
import { readStripeEvent } from '../../lib/billing/stripe-event.ts'
import { parseConfig } from '../../lib/config.ts'
import { migrate } from '../../lib/db/migrate.ts'
import { noMetrics } from '../../lib/metrics.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { JWT_KEY } from '../parts/gateway.ts'
import { insertGroups } from '../parts/insert-groups.ts'
import { recordLog } from '../parts/record-log.ts'
import { type Engine, openEngine } from './engine.ts'
import { type BenchResult, compared } from './result.ts'
import { subscriptionEvent } from './stripe-events.ts'

const EVENTS = 4000
const SUBSCRIPTIONS = 400
const BATCH = 64
const ROUNDS = 5
const OWNER = 'bench'

/**
 * The ledger worker over waiting subscription events, all of groups, so that each is told; against a loop that claims the same rows in
 * the same way and does nothing but mark each as done.
 */
export async function benchLedgerDrain(engine: Engine): Promise<BenchResult> {
  const { database, stop } = await openEngine(engine)
  const upstream = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
  const settings = { jwtKey: JWT_KEY, kratos: upstream, database, paymentTiers: [TIER] }
  const { config } = parseConfig(settings, { env: {} })
  const { db, close } = openDatabase(config)
  try {
    await migrate(db, config)
    await makeCustomers(db)
    const clock = { now: () => Date.now() }
    const work = {
      db,
      config,
      clock,
      log: recordLog(),
      metrics: noMetrics,
      owner: OWNER,
      random: Math.random,
    }
    let createdSeconds = 1_700_000_000

    const fill = async () => {
      const rows = Array.from({ length: EVENTS }, (_, index) => {
        const payload = subscriptionEvent(index, SUBSCRIPTIONS, createdSeconds++)
        const event = readStripeEvent(JSON.parse(payload))!
        const { id, type, createdAt, apiVersion } = event
        return {
          id,
          type,
          created_at: createdAt,
          api_version: apiVersion,
          livemode: 0,
          payload,
          received_at: 0,
        }
      })
      for (let from = 0; from < EVENTS; from += 500) {
        await db
          .insertInto('stripe_events')
          .values(rows.slice(from, from + 500))
          .execute()
      }
    }
    const ours = async () => {
      const { applied } = await drainStripeEvents(work)
      if (applied !== EVENTS) throw new Error(`applied ${applied} of ${EVENTS}`)
    }
    const floor = async () => {
      const leaseMs = config.stripe.leaseMs
      for (;;) {
        const rows = await claimStripeEvents(db, { owner: OWNER, now: Date.now(), leaseMs, limit: BATCH })
        for (const { id } of rows) {
          const done = { state: 'applied', settled_at: Date.now() } as const
          await db.updateTable('stripe_events').set(done).where('id', '=', id).execute()
        }
        if (rows.length < BATCH) return
      }
    }

    const rounds: { ours: number; floor: number }[] = []
    for (let round = 0; round <= ROUNDS; round++) {
      await fill()
      const least = await rate(floor)
      await fill()
      const full = await rate(ours)
      // The first round warms both up.
      if (round > 0) rounds.push({ ours: full, floor: least })
    }
    return compared(`ledger drain, ${engine} / claim + one update`, 'events/s', { atLeast: 0.5 }, rounds)
  } finally {
    await close()
    await stop()
  }
}

const TIER = { tierName: 'Standard', lookupKey: 'standard' }

async function makeCustomers(db: ReturnType<typeof openDatabase>['db']): Promise<void> {
  for (let index = 0; index < SUBSCRIPTIONS; index++) {
    const times = { created_at: 1, updated_at: 1 }
    const name = `bench-${String.fromCharCode(97 + (index % 26))}-${index}-group`
    const [id] = await insertGroups(db, [name])
    const customer = { customer_id: `cus_bench_${index}`, group_id: id!, ...times }
    await db.insertInto('billing_customers').values(customer).execute()
  }
}

async function rate(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (EVENTS * 1000) / (performance.now() - start)
}
