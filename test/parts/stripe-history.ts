import { setTimeout as sleep } from 'node:timers/promises'
import type { StripeStandIn } from '../../runtime/dev/stripe/stripe-stand-in.ts'
import type { SeededRandom } from './seeded-random.ts'

export const HISTORY_START = Date.UTC(2026, 0, 31, 12)
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

export interface History {
  /** Lets things happen until the account has had so many events. @param longestHours that may pass between two; default 10 */
  live(events: number, longestHours?: number): Promise<void>
  /** Lets everything that is under way come to its end. */
  settle(): void
  /** The group that a customer pays for, by what the dashboard says; undefined when it says nothing. */
  groupOf(customerId: string): string | undefined
}

/**
 * The true life of many subscriptions at the stand-in: trials, renewals, declines, changes of plan and card, ends, refunds, payments
 * without a subscription, and many things in one second.
 * @param groups slugs that metadata may name
 */
export function createHistory(stripe: StripeStandIn, random: SeededRandom, groups: string[]): History {
  const { actions, state } = stripe
  const owners = new Map<string, string>()
  const prices = stock(stripe)
  let made = 0

  /** Of four customers one names his group, one's subscription does, one names it later, and one never. */
  function newSubscription(): void {
    const way = random.whole(0, 3)
    const group = groups[made % groups.length]!
    const customer = actions.createCustomer({
      email: `buyer${made}@example.com`,
      name: `Buyer ${made} 買い手`,
      ...(way === 0 && { metadata: { group } }),
    })
    made++
    if (way <= 1) owners.set(customer.id, group)
    actions.setPaymentMethod(customer.id, random.pick(['ok', 'ok', 'ok', 'declined', 'async']))
    actions.createSubscription({
      customer: customer.id,
      price: random.pick(prices),
      quantity: random.whole(1, 3),
      ...(way === 1 && { metadata: { group } }),
      ...(random.next() < 0.3 && { trialDays: random.whole(1, 20) }),
    })
  }

  function nameGroup({ id, deleted }: { id: string; deleted?: unknown }): void {
    if (owners.has(id) || deleted) return
    const group = random.pick(groups)
    owners.set(id, group)
    actions.updateCustomer(id, { metadata: { group } })
  }

  const living = () => state.subscriptions().filter((one) => one.ended_at === null)
  const isProcessing = (intent: string | null) =>
    state.paymentIntents().some(({ id, status }) => id === intent && status === 'processing')
  const open = () =>
    state
      .invoices()
      .filter(({ status, payment_intent: intent }) => status === 'open' && !isProcessing(intent))
  const refundable = () =>
    state.charges().filter((one) => one.amount_captured - one.amount_refunded > 400 && one.currency === 'usd')
  const onAny =
    <T>(items: () => readonly T[], deed: (item: T) => unknown) =>
    () => {
      const all = items()
      if (all.length > 0) deed(random.pick(all))
    }
  const deeds: [weight: number, deed: () => void | Promise<void>][] = [
    [6, newSubscription],
    [
      3,
      onAny(living, ({ id }) =>
        actions.changePlan(id, random.pick(prices), { quantity: random.whole(1, 5) }),
      ),
    ],
    [1, onAny(living, ({ id }) => actions.cancelAtPeriodEnd(id))],
    [1, onAny(living, ({ id }) => actions.resume(id))],
    [1, onAny(living, ({ id }) => actions.cancelNow(id))],
    [
      2,
      onAny(living, ({ customer }) =>
        actions.setPaymentMethod(
          customer,
          random.pick(['ok', 'ok', 'declined', 'insufficient_funds', 'async']),
        ),
      ),
    ],
    [2, onAny(() => state.customers(), nameGroup)],
    [
      1,
      onAny(
        () => state.customers(),
        ({ id }) => actions.updateCustomer(id, { email: `${made}@new.example` }),
      ),
    ],
    [
      1,
      onAny(
        () => state.customers(),
        ({ id }) => random.next() < 0.5 && actions.deleteCustomer(id),
      ),
    ],
    [1, onAny(open, ({ id }) => actions.voidInvoice(id))],
    [2, onAny(open, ({ id }) => actions.retryInvoice(id))],
    [2, onAny(refundable, ({ id }) => actions.refund(id, random.whole(1, 400)))],
    [1, () => payOnce(stripe, random)],
  ]
  const bag = deeds.flatMap(([weight, deed]) => Array<typeof deed>(weight).fill(deed))

  return {
    async live(events, longestHours = 10) {
      while (state.events().length < events) {
        await random.pick(bag)()
        // Every third deed shares its second with the one before.
        if (random.next() > 0.34)
          actions.advance(random.whole(Math.min(1, longestHours), longestHours) * HOUR_MS)
      }
    },
    settle() {
      // No bank may be left that has yet to answer for an attempt, which Stripe counts at once and tells of afterwards.
      for (const { id } of state.customers()) {
        if (actions.paymentMethodOf(id)?.type === 'sepa_debit') actions.setPaymentMethod(id, 'ok')
      }
      actions.advance(60 * DAY_MS)
    },
    groupOf: (customerId) => owners.get(customerId),
  }
}

function stock({ actions }: StripeStandIn): string[] {
  return [1000, 3000, 12_500].map((unit_amount, index) => {
    const product = actions.createProduct({ name: `Plan ${index}` }).id
    return actions.createPrice({
      product,
      currency: 'usd',
      unit_amount,
      lookup_key: `plan-${index}`,
      recurring: { interval: 'month' },
    }).id
  })
}

/** A payment that no invoice asks for; some are declined, some in a currency without cents. */
async function payOnce(stripe: StripeStandIn, random: SeededRandom): Promise<void> {
  const body = new URLSearchParams({
    amount: String(random.whole(100, 9999)),
    currency: random.pick(['usd', 'jpy', 'kwd']),
    payment_method: random.pick(['pm_card_visa', 'pm_card_chargeDeclined']),
    confirm: 'true',
  })
  const headers = { authorization: 'Bearer sk_test_dashboard' }
  for (;;) {
    const request = new Request('http://stripe.test/v1/payment_intents', { method: 'POST', headers, body })
    const { status } = await stripe.fetch(request)
    if (status === 200 || status === 402) return
    // The account has troubles of its own now and then.
    if (status !== 429 && status !== 503) throw new Error(`a payment was answered ${status}`)
    await sleep(20)
  }
}
