import { describe, expect, test } from 'vitest'
import { HANDLED_EVENTS } from '../../../../lib/billing/ledger/handled-events.ts'
import { requirePart } from '../../../parts/available.ts'
import { type SeededRandom, seededRandom } from '../../../parts/seeded-random.ts'
import type { Letter } from '../../../parts/stripe-courier.ts'
import { openToldLedger } from '../../../parts/told-ledger.ts'

const { seed } = seededRandom()
const kinds = requirePart('mariadb') ? (['sqlite'] as const) : (['sqlite', 'mariadb'] as const)
const MARK = 'do-not-tell-4711'
const EVENTS = 400
type Json = Record<string, unknown>

const HOSTILE: unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  2 ** 53,
  Number.MAX_SAFE_INTEGER,
  1e300,
  '',
  ' ',
  MARK,
  'x'.repeat(300),
  `${MARK}${'y'.repeat(70_000)}`,
  '\u0000\ud800😀',
  "' OR 1=1 --",
  [],
  [null],
  [MARK],
  {},
  { id: MARK },
  { object: 'customer', deleted: true },
  JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`),
]

describe.each(kinds)('a ledger on %s', (kind) => {
  test(`settles events with hostile values anywhere in them, and goes on (seed ${seed})`, async () => {
    const random = seededRandom(seed)
    const { stripe, db, history, sent, tell } = await openToldLedger(random, kind, { maxAttempts: 1 })
    await history.live(600)
    history.settle()
    const letters = await sent()
    const byType = Map.groupBy(letters, ({ body }) => JSON.parse(body).type as string)
    const handled = [...byType].filter(([type]) => HANDLED_EVENTS.includes(type as never))
    const mutants = Array.from({ length: EVENTS }, (_, index) =>
      mutate(random.pick(random.pick(handled)[1]), index, random),
    )

    await tell(mutants)
    const rows = await db.selectFrom('stripe_events').select(['id', 'state', 'last_error']).execute()
    expect(rows).toHaveLength(EVENTS)
    for (const { id, state, last_error: reason } of rows) {
      if (state === 'applied') continue
      expect([id, state, reason]).toEqual([id, 'dead', expect.stringMatching(/^StripeShapeError: /)])
      expect(reason).not.toContain(MARK)
    }
    const dead = rows.filter(({ state }) => state === 'dead').length
    expect(dead).toBeGreaterThan(0)
    expect(dead).toBeLessThan(EVENTS)

    const customer = stripe.actions.createCustomer({ email: 'late@example.com' })
    expect(await tell(await sent())).toMatchObject({ applied: 1, failed: 0, dead: 0, empty: true })
    const found = db.selectFrom('billing_customers').select('email').where('customer_id', '=', customer.id)
    expect(await found.executeTakeFirst()).toEqual({ email: 'late@example.com' })
  }, 60_000)

  test('cuts what is longer than its column, when it is told the first time and again', async () => {
    const { db, tell } = await openToldLedger(seededRandom(1), kind, { maxAttempts: 1 })
    const items = { data: [{ quantity: 1, price: { id: 'p'.repeat(300), lookup_key: 'k'.repeat(300) } }] }
    const subscription = { id: 'sub_1', object: 'subscription', customer: 'cus_1', status: 'active', items }
    const amounts = { currency: 'usd', amount_due: 1, amount_paid: 1 }
    const invoice = { id: 'in_1', object: 'invoice', status: 'open', number: 'n'.repeat(300), ...amounts }
    const told = [1, 2].flatMap((second) => [
      letter(`evt_s${second}`, 'customer.subscription.updated', second, subscription),
      letter(`evt_i${second}`, 'invoice.finalized', second, invoice),
    ])

    expect(await tell(told)).toMatchObject({ applied: 4, failed: 0, dead: 0 })
    const sold = await db.selectFrom('subscriptions').select(['price_id', 'lookup_key']).execute()
    expect(sold).toEqual([{ price_id: 'p'.repeat(255), lookup_key: 'k'.repeat(255) }])
    const bill = await db.selectFrom('invoices').select(['number', 'as_of']).execute()
    expect(bill).toEqual([{ number: 'n'.repeat(255), as_of: 2000 }])
  })
})

function letter(id: string, type: string, created: number, object: Json): Letter {
  return {
    id,
    body: JSON.stringify({ id, object: 'event', type, created, livemode: false, data: { object } }),
  }
}

/** A new event like a true one, in which one value is another. */
function mutate({ body }: Letter, index: number, random: SeededRandom): Letter {
  const event = JSON.parse(body) as { id: string; data: Json }
  event.id = `evt_mutant${index}`
  let place: Json = event.data
  for (;;) {
    const name = random.pick(Object.keys(place))
    const value = place[name]
    const goesOn = typeof value === 'object' && value !== null && Object.keys(value).length > 0
    if (goesOn && (place === event.data || random.next() < 0.5)) place = value as Json
    else {
      // The event itself stays one: without an object it would not be taken in.
      if (place === event.data) return mutate({ id: event.id, body }, index, random)
      place[name] = random.pick(HOSTILE)
      return { id: event.id, body: JSON.stringify(event) }
    }
  }
}
