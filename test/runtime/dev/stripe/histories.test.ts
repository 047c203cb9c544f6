import { expect, test } from 'vitest'
import { createStripeStandIn, type StripeStandIn } from '../../../../runtime/dev/stripe/stripe-stand-in.ts'
import { type SeededRandom, seededRandom } from '../../../parts/seeded-random.ts'
import { DAY_MS, type Shop, START, stock, subscribe } from './start-stripe.ts'

/** A few months in the life of many subscriptions. */
function live(stripe: StripeStandIn, { small, large, yearly }: Shop, random: SeededRandom): void {
  const { actions, state } = stripe
  const subscriptions = () => state.subscriptions().filter((one) => one.ended_at === null)
  const open = () => state.invoices().filter(({ status }) => status === 'open')
  const processing = () =>
    new Set(
      state
        .paymentIntents()
        .filter((one) => one.status === 'processing')
        .map(({ id }) => id),
    )
  const voidable = () => open().filter((one) => !processing().has(one.payment_intent ?? ''))
  const charges = () => state.charges().filter((one) => one.amount_captured - one.amount_refunded > 400)
  const onAny =
    <T>(items: () => T[], deed: (item: T) => void) =>
    () => {
      const all = items()
      if (all.length > 0) deed(random.pick(all))
    }
  const deeds = [
    () => void subscribe(stripe, random.pick([small, large, yearly])),
    () => void subscribe(stripe, small, { trialDays: random.whole(1, 20) }),
    () => void subscribe(stripe, large, { card: 'declined' }),
    onAny(subscriptions, ({ id }) => actions.changePlan(id, random.pick([small, large, yearly]))),
    onAny(subscriptions, ({ id }) => actions.cancelAtPeriodEnd(id)),
    onAny(subscriptions, ({ id }) => actions.resume(id)),
    onAny(subscriptions, ({ id }) => actions.cancelNow(id)),
    onAny(subscriptions, ({ customer }) =>
      actions.setPaymentMethod(customer, random.pick(['ok', 'declined', 'async'])),
    ),
    onAny(subscriptions, ({ customer }) => actions.deleteCustomer(customer)),
    onAny(voidable, ({ id }) => actions.voidInvoice(id)),
    onAny(open, ({ id }) => actions.retryInvoice(id)),
    onAny(charges, ({ id }) => actions.refund(id, random.whole(1, 400))),
  ]
  for (let count = 0; count < 20; count++) deeds[0]!()
  for (let count = 0; count < 300; count++) {
    random.pick(deeds)()
    actions.advance(random.whole(0, 12 * 3_600_000))
  }
  actions.advance(60 * DAY_MS)
}

const random = seededRandom()

test(`the last event about a resource shows it as it is (seed ${random.seed})`, () => {
  const stripe = createStripeStandIn({
    baseUrl: 'http://stripe.test',
    now: () => START,
    random: random.next,
  })
  live(stripe, stock(stripe), random)

  const told = new Map<string, unknown>()
  for (const event of stripe.state.events()) {
    const object = JSON.parse(event.object)
    told.set(object.id, object)
  }
  for (const subscription of stripe.state.subscriptions())
    expect(told.get(subscription.id)).toEqual(subscription)
  for (const invoice of stripe.state.invoices()) expect(told.get(invoice.id)).toEqual(invoice)
})

test(`money and states add up (seed ${random.seed})`, () => {
  const stripe = createStripeStandIn({ baseUrl: 'http://stripe.test', now: () => START, random: random.next })
  live(stripe, stock(stripe), random)
  const { state } = stripe
  const paidEvents = state.events().filter(({ type }) => type === 'invoice.paid')
  const paid = state.invoices().filter(({ status }) => status === 'paid')
  const succeeded = state.charges().filter(({ status }) => status === 'succeeded')
  const times = state.events().map(({ created }) => created)

  expect(paidEvents.map(({ object }) => JSON.parse(object).id).sort()).toEqual(
    paid.map(({ id }) => id).sort(),
  )
  expect(succeeded.reduce((sum, { amount }) => sum + amount, 0)).toBe(
    paid.reduce((sum, invoice) => sum + invoice.amount_paid, 0),
  )
  expect(times).toEqual([...times].sort((a, b) => a - b))
  for (const { status, ended_at: ended } of state.subscriptions()) {
    expect(['canceled', 'incomplete_expired'].includes(status)).toBe(ended !== null)
  }
  for (const charge of state.charges())
    expect(charge.amount_refunded).toBeLessThanOrEqual(charge.amount_captured)
})
