import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { createLedgerWorker, type LedgerWorkerOptions } from '../../../../lib/billing/ledger/ledger-worker.ts'
import { storeStripeEvent } from '../../../../lib/billing/store-stripe-event.ts'
import { readStripeEvent } from '../../../../lib/billing/stripe-event.ts'
import { newTrace } from '../../../../lib/http/trace.ts'
import { isAvailable } from '../../../parts/available.ts'
import { createDatabase } from '../../../parts/mariadb.ts'
import { startStripe } from '../../../parts/stripe.ts'
import { json, startStubUpstream } from '../../../parts/stub-upstream.ts'
import { createTestEnv, type TestEnv } from '../../../parts/test-env.ts'

const CREATED = 1_800_000_000

interface Opened extends TestEnv {
  take(id: string, type: string, object: object, created?: number): Promise<void>
  states(): Promise<Record<string, string>>
  worker(over?: Partial<LedgerWorkerOptions>): ReturnType<typeof createLedgerWorker>
}

async function open(config: Record<string, unknown> = {}): Promise<Opened> {
  const made = await createTestEnv({ config })
  const workers: ReturnType<typeof createLedgerWorker>[] = []
  onTestFinished(async () => {
    await Promise.all(workers.map((worker) => worker.stop()))
    await made.close()
  })
  const { db } = made.env
  return {
    ...made,
    async take(id, type, object, created = CREATED) {
      const json = { id, object: 'event', type, created, livemode: false, data: { object } }
      const event = readStripeEvent(json)!
      await storeStripeEvent(db, { event, raw: JSON.stringify(json), now: Date.now(), trace: newTrace() })
    },
    async states() {
      const rows = await db.selectFrom('stripe_events').select(['id', 'state']).execute()
      return Object.fromEntries(rows.map(({ id, state }) => [id, state]))
    },
    worker(over = {}) {
      const worker = createLedgerWorker({
        ...made.env,
        owner: crypto.randomUUID(),
        onWritten: () => {},
        random: () => 0.1,
        ...over,
      })
      workers.push(worker)
      return worker
    },
  }
}

const customer = (id: string) => ({ id, object: 'customer', email: 'ada@example.com' })

function invoice(id: string, subscription: string | null) {
  const parent = subscription && { subscription_details: { subscription } }
  return {
    id,
    object: 'invoice',
    customer: `cus_${id}`,
    status: 'paid',
    currency: 'eur',
    amount_due: 100,
    parent,
  }
}

test('applies what is there at its start, and what comes as soon as it is woken', async () => {
  const made = await open({ stripe: { workerIntervalMs: 60_000 } })
  let written = 0
  await made.take('evt_1', 'customer.created', customer('cus_1'))
  const worker = made.worker({ onWritten: () => void written++ })
  worker.start()
  await vi.waitFor(async () => expect(await made.states()).toEqual({ evt_1: 'applied' }))
  await sleep(100)
  await made.take('evt_2', 'customer.created', customer('cus_2'))
  worker.wake()
  await vi.waitFor(async () => expect(await made.states()).toEqual({ evt_1: 'applied', evt_2: 'applied' }))
  await vi.waitFor(() => expect(written).toBe(2))
})

test('finds what nobody woke it for by its timer', async () => {
  const made = await open({ stripe: { workerIntervalMs: 50 } })
  made.worker().start()
  await sleep(100)
  await made.take('evt_1', 'account.updated', { id: 'acct_1', object: 'account' })
  await vi.waitFor(async () => expect(await made.states()).toEqual({ evt_1: 'ignored' }))
})

test('ends the trials whose time is over, by its timer', async () => {
  const made = await open({ stripe: { workerIntervalMs: 10 } })
  const own = {
    group_id: null,
    tier_name: 'Standard',
    provider: 'authlance',
    provider_subscription_id: 'group-1',
    provider_customer_id: null,
    status: 'trialing',
    started_at: 0,
    ends_at: 1,
    created_at: 0,
    updated_at: 0,
  }
  await made.env.db.insertInto('subscriptions').values(own).execute()
  made.worker({ random: () => 0.99 }).start()
  made.clock.advance(60_000)
  await vi.waitFor(async () => {
    const row = await made.env.db.selectFrom('subscriptions').select('status').executeTakeFirstOrThrow()
    expect(row.status).toBe('canceled')
  })
})

test('a permission that our key lacks holds up the events that need it, and nothing else', async () => {
  const upstream = await startStubUpstream()
  onTestFinished(upstream.close)
  upstream.respond((_request, response) =>
    json(response, 403, { error: { type: 'invalid_request_error', message: 'not for this key' } }),
  )
  const made = await open({
    stripe: { secretKey: 'rk_test_worker', apiBase: upstream.url, maxRetries: 0, maxAttempts: 1 },
  })
  await made.take('evt_needs', 'invoice.paid', invoice('in_1', 'sub_1'))
  await made.take('evt_free', 'invoice.paid', invoice('in_2', null))

  const report = await made.worker().drainOnce()
  expect(report).toMatchObject({ applied: 1, away: 'stripe.secretKey lacks a permission (403)' })
  expect(report.outage).toBeUndefined()
  expect(await made.states()).toEqual({ evt_needs: 'pending', evt_free: 'applied' })
  const asked = upstream.arrived.length
  await made.worker().drainOnce()
  expect(upstream.arrived.length).toBe(asked)
})

describe('while Stripe is away', () => {
  async function openAway() {
    const { stripe, url } = await startStripe()
    const made = await open({
      stripe: {
        secretKey: 'sk_test_worker',
        apiBase: url,
        maxRetries: 0,
        workerIntervalMs: 20,
        maxAttempts: 1,
      },
    })
    stripe.faults.down(true)
    return { made, faults: stripe.faults }
  }

  test('only what needs it waits, no try counts, and all goes on when it is back', async () => {
    const { made, faults } = await openAway()
    for (let index = 0; index < 5; index++) {
      await made.take(`evt_needs_${index}`, 'invoice.paid', invoice(`in_${index}`, `sub_${index}`))
    }
    await made.take('evt_free', 'invoice.paid', invoice('in_free', null), CREATED + 1)
    const worker = made.worker()
    worker.start()
    await vi.waitFor(async () => expect((await made.states())['evt_free']).toBe('applied'))
    await sleep(300)

    const rows = await made.env.db
      .selectFrom('stripe_events')
      .selectAll()
      .where('id', '!=', 'evt_free')
      .execute()
    expect(rows.map(({ state, attempts, last_error: error }) => [state, attempts, error])).toEqual(
      Array(5).fill(['pending', 0, null]),
    )
    const said = () => made.log.lines.map(({ message }) => message)
    expect(said().filter((message) => message === 'Stripe events wait: Stripe away')).toHaveLength(1)

    faults.down(false)
    await vi.waitFor(
      async () => expect(new Set(Object.values(await made.states()))).toEqual(new Set(['applied'])),
      { timeout: 10_000 },
    )
    await vi.waitFor(() => expect(said()).toContain('Stripe events flow again'))
  })

  test('one call finds that out for all that wait', async () => {
    const { made } = await openAway()
    for (let index = 0; index < 40; index++) {
      await made.take(`evt_${index}`, 'invoice.paid', invoice(`in_${index}`, `sub_${index}`))
    }
    let calls = 0
    const metrics = { ...made.env.metrics, observeUpstream: () => void calls++ }
    const report = await made.worker({ metrics }).drainOnce()
    expect(report).toMatchObject({ applied: 0, failed: 0, dead: 0, away: expect.stringContaining('503') })
    // Those of one transaction ask side by side.
    expect(calls).toBeLessThanOrEqual(32)
  })
})

test('goes on after the database was away, without a try that counts', async () => {
  const made = await open({ stripe: { workerIntervalMs: 20, maxAttempts: 1 } })
  await made.take('evt_1', 'customer.created', customer('cus_1'))
  const { db } = made.env
  let away = true
  const lost = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', fatal: true })
  const flaky = new Proxy(db, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (name === 'transaction' && away) return () => ({ execute: () => Promise.reject(lost) })
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const worker = made.worker({ db: flaky })
  await expect(worker.drainOnce()).rejects.toBe(lost)
  worker.start()
  await sleep(100)
  expect(await made.states()).toEqual({ evt_1: 'pending' })
  away = false
  await vi.waitFor(async () => expect(await made.states()).toEqual({ evt_1: 'applied' }))
  const row = await db.selectFrom('stripe_events').select('attempts').executeTakeFirstOrThrow()
  expect(row.attempts).toBe(0)
})

test('a stop gives back what it has not begun', async () => {
  const made = await open()
  for (let index = 0; index < 300; index++) {
    await made.take(`evt_${index}`, 'customer.created', customer(`cus_${index}`))
  }
  const stops: Promise<void>[] = []
  const metrics = { ...made.env.metrics, countLedger: () => void stops.push(worker.stop()) }
  const worker = made.worker({ metrics })
  await worker.drainOnce()
  await Promise.all(stops)
  const rows = await made.env.db
    .selectFrom('stripe_events')
    .select(['lease_until', 'lease_owner'])
    .where('state', '=', 'pending')
    .execute()
  expect(rows.length).toBeGreaterThan(0)
  expect(new Set(rows.map(({ lease_owner: owner }) => owner))).toEqual(new Set(['-'.repeat(32)]))
  for (const { lease_until: until } of rows) expect(until).toBeLessThanOrEqual(Date.now())
})

describe.skipIf(!isAvailable('mariadb'))('several replicas on MariaDB', () => {
  test('apply each event once, and tell each fact once', async () => {
    const made = await open({ database: await createDatabase(inject('mariadb')!) })
    const events = 120
    for (let index = 0; index < events; index++) {
      const number = Math.floor(index / 2)
      const type = index % 2 ? 'invoice.paid' : 'invoice.payment_succeeded'
      await made.take(`evt_${index}`, type, {
        ...invoice(`in_${number}`, null),
        customer: `cus_${number % 7}`,
      })
    }
    const workers = [made.worker(), made.worker(), made.worker()]
    let applied = 0
    for (let round = 0; round < 20 && applied < events; round++) {
      const reports = await Promise.all(workers.map((worker) => worker.drainOnce()))
      for (const report of reports) applied += report.applied
    }
    expect(applied).toBe(events)
    const told = await made.env.db
      .selectFrom('event_outbox')
      .select('payload')
      .where('subject', '=', 'payment.success')
      .execute()
    expect(new Set(told.map(({ payload }) => JSON.parse(payload).stripeInvoiceId)).size).toBe(events / 2)
    expect(told).toHaveLength(events / 2)
  })
})
