import { expect, test } from 'vitest'
import { reconcile } from '../../../../lib/billing/reconcile/reconcile.ts'
import { seededRandom } from '../../../parts/seeded-random.ts'
import { type Ledger, trueLedger, writtenLedger } from '../../../parts/stripe-ledger.ts'
import { openToldLedger } from '../../../parts/told-ledger.ts'

const HOUR_MS = 3_600_000
const { seed } = seededRandom()

test(`a day of webhooks that never came is made good by one reconciliation (seed ${seed})`, async () => {
  const random = seededRandom(seed)
  const { stripe, db, work, history, sent, tell, tend } = await openToldLedger(random)
  await history.live(800)
  await tell(random.shuffle(await sent()))
  await tend()
  const before = await writtenLedger(db)
  expect(comparable(before)).toEqual(comparable(trueLedger(stripe, history)))

  for (let hour = 0; hour < 24; hour++) {
    await history.live(stripe.state.events().length + 10, 0)
    stripe.actions.advance(HOUR_MS)
  }
  const missed = await sent()
  expect(missed.length).toBeGreaterThan(240)
  expect(await writtenLedger(db)).toEqual(before)

  const report = await reconcile(work)
  await tend()
  expect(comparable(await writtenLedger(db))).toEqual(comparable(trueLedger(stripe, history)))
  expect(report).toMatchObject({ ledger: { failed: 0, dead: 0 } })
  expect(report!.events.missed).toBeGreaterThan(100)
  const success = db.selectFrom('event_outbox').select('payload').where('subject', '=', 'payment.success')
  const told = (await success.execute()).map(({ payload }) => JSON.parse(payload))
  expect(told.map((one) => one.stripeInvoiceId ?? one.stripePaymentIntentId).sort()).toEqual(
    Object.keys(trueLedger(stripe, history).succeeded).sort(),
  )

  expect(await reconcile(work)).toMatchObject({ events: { missed: 0 }, drift: [] })
  // What the webhook brings after all is known already.
  expect(await tell(missed)).toMatchObject({ applied: 0, failed: 0, dead: 0 })
}, 60_000)

/** Stripe counts an attempt whose bank has yet to answer at once, and tells of it only when the bank has answered. */
function comparable({ invoices, ...ledger }: Ledger) {
  const told = Object.entries(invoices as Record<string, { status: string; attempts: number }>).map(
    ([id, { attempts, ...invoice }]) => [id, invoice.status === 'open' ? invoice : { ...invoice, attempts }],
  )
  return { ...ledger, invoices: Object.fromEntries(told) }
}
