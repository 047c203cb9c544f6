import type { InsertQueryNode, ValuesNode } from 'kysely'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import webhook from '../../../functions/authlance/payments/api/v1/stripe/webhook.ts'
import { createGroupIntake } from '../../../lib/billing/group-intake.ts'
import type { TakenEvent } from '../../../lib/billing/store-stripe-event.ts'
import { readStripeEvent } from '../../../lib/billing/stripe-event.ts'
import { newTrace } from '../../../lib/http/trace.ts'
import { signPayload } from '../../../runtime/dev/stripe/signature.ts'
import { call } from '../../parts/call.ts'
import { createTestEnv } from '../../parts/test-env.ts'
import { databaseKinds, openTestDatabase, type TestDatabase } from '../events/outbox-fixture.ts'

const SECRET = 'whsec_of_the_test'
const PATH = '/authlance/payments/api/v1/stripe/webhook'

function eventText(id: string, note = ''): string {
  const object = { id: 'cus_1', object: 'customer', note }
  const event = {
    id,
    object: 'event',
    type: 'customer.updated',
    created: 1,
    livemode: false,
    data: { object },
  }
  return JSON.stringify(event)
}

function taken(id: string, note?: string): TakenEvent {
  const raw = eventText(id, note)
  return { event: readStripeEvent(JSON.parse(raw))!, raw, now: 1, trace: newTrace() }
}

describe.each(databaseKinds)('events that come at the same time, on %s', (kind) => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await openTestDatabase(kind)
  })
  afterEach(() => database?.close())

  async function kept() {
    const { db } = database
    const events = await db.selectFrom('stripe_events').select('id').orderBy('id').execute()
    const outbox = await db.selectFrom('event_outbox').select('payload').execute()
    return {
      ids: events.map(({ id }) => id),
      told: outbox.map(({ payload }) => JSON.parse(payload).eventId).sort(),
    }
  }

  test('are each kept once, whether new, known or twice among them', async () => {
    const store = createGroupIntake(database.db)
    expect(await store(taken('evt_1'))).toBe(true)
    const ids = ['evt_2', 'evt_1', 'evt_3', 'evt_2', 'evt_4', 'evt_3', 'evt_5']
    const isNew = await Promise.all(ids.map((id) => store(taken(id))))

    expect(isNew.filter(Boolean)).toHaveLength(4)
    expect(isNew[1]).toBe(false)
    const all = ['evt_1', 'evt_2', 'evt_3', 'evt_4', 'evt_5']
    expect(await kept()).toEqual({ ids: all, told: all })
  })

  test('share transactions, a statement of which stays small', async () => {
    const statements: number[] = []
    const counting = database.db.withPlugin({
      transformQuery({ node }) {
        const { values } = node as InsertQueryNode
        if (values?.kind === 'ValuesNode') statements.push((values as ValuesNode).values.length)
        return node
      },
      transformResult: async ({ result }) => result,
    })
    const transactions = vi.spyOn(counting, 'transaction')
    const store = createGroupIntake(counting)
    const small = Array.from({ length: 200 }, (_, index) => taken(`evt_small_${index}`))
    const large = Array.from({ length: 4 }, (_, index) => taken(`evt_large_${index}`, 'x'.repeat(400_000)))
    await Promise.all([...small, ...large].map(store))

    expect((await kept()).ids).toHaveLength(204)
    expect(transactions.mock.calls.length).toBeLessThan(10)
    expect(Math.max(...statements)).toBeLessThanOrEqual(64)
  })

  test('one that cannot be kept does not take the others with it', async () => {
    const store = createGroupIntake(database.db)
    const impossible = taken('evt_2')
    impossible.event = { ...impossible.event, type: null as unknown as string }
    const outcomes = await Promise.allSettled([
      store(taken('evt_1')),
      store(impossible),
      store(taken('evt_3')),
    ])
    // MySQL's IGNORE, which the single insert has, turns what it cannot keep into something that it can.
    expect([outcomes[0]!.status, outcomes[2]!.status]).toEqual(['fulfilled', 'fulfilled'])
    expect((await kept()).ids).toEqual(expect.arrayContaining(['evt_1', 'evt_3']))
  })
})

test('a commit that fails is answered 503 to every caller of its group, and nothing is kept', async () => {
  const made = await createTestEnv({ config: { stripe: { webhookSecret: SECRET } } })
  const { db } = made.env
  const failing = new Proxy(db, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (name !== 'transaction') return typeof value === 'function' ? value.bind(target) : value
      return () => ({
        execute: (work: Parameters<ReturnType<typeof target.transaction>['execute']>[0]) =>
          target.transaction().execute(async (trx) => {
            await work(trx)
            throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', fatal: true })
          }),
      })
    },
  })
  made.env.ledger.store = createGroupIntake(failing)
  const send = (text: string) =>
    call(made, webhook, PATH, {
      method: 'POST',
      body: text,
      headers: { 'stripe-signature': signPayload(text, [SECRET], Math.floor(Date.now() / 1000)) },
    })
  const answers = await Promise.all(['evt_1', 'evt_2', 'evt_3'].map((id) => send(eventText(id))))
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
    Array(3).fill([503, 'database_unavailable']),
  )
  expect(made.ledgerWakes()).toBe(0)
  expect(await db.selectFrom('stripe_events').select('id').execute()).toEqual([])

  made.env.ledger.store = createGroupIntake(db)
  expect((await send(eventText('evt_1'))).status).toBe(200)
  expect(made.ledgerWakes()).toBe(1)
  await made.close()
})
