import { beforeEach, describe, expect, test } from 'vitest'
import { type CustomerMoves, createCustomerMoves } from '../../../runtime/dev/customer-moves.ts'
import { DEV_TIERS } from '../../../runtime/dev/dev-tiers.ts'
import { stockPrices } from '../../../runtime/dev/stock-prices.ts'
import { createStripeStandIn, type StripeStandIn } from '../../../runtime/dev/stripe/stripe-stand-in.ts'

const DAY_MS = 86_400_000
const START = Date.parse('2026-11-24T12:00:00Z')

let now: number
let stripe: StripeStandIn
let moves: CustomerMoves

beforeEach(() => {
  now = START
  stripe = createStripeStandIn({ baseUrl: 'http://127.0.0.1:9', now: () => now })
  stockPrices(stripe, DEV_TIERS)
  moves = createCustomerMoves(stripe)
})

describe('prices of the development stack', () => {
  test('there is one for each lookup key, however often they are stocked', () => {
    stockPrices(stripe, DEV_TIERS)

    const prices = stripe.state.prices().map((price) => [price.lookup_key, price.unit_amount])
    expect(prices).toEqual([
      ['standard_monthly', 900],
      ['standard_yearly', 9000],
      ['company_yearly', 49_000],
    ])
    expect(stripe.state.products().map(({ name }) => name)).toEqual(['Standard', 'Company'])
    expect(stripe.state.prices()[1]?.recurring).toMatchObject({ interval: 'year' })
  })
})

describe('moves of a customer', () => {
  test('go to the end of the trial, where a card that is declined leaves the bill open', () => {
    const customer = subscribe('standard_monthly')
    moves.make(customer, 'card-declined')

    expect(moves.make(customer, 'next-bill')).toMatchObject({
      subscription: { status: 'past_due' },
      card: { last4: '0341', works: false },
      owing: { tries: 1 },
    })
  })

  test('go to the next try, which a card that works pays', () => {
    const customer = subscribe('standard_monthly')
    moves.make(customer, 'card-declined')
    const owing = moves.make(customer, 'next-bill')!.owing!
    moves.make(customer, 'card-ok')

    const paid = moves.make(customer, 'next-try')!
    expect(paid).toMatchObject({ subscription: { status: 'active' }, card: { works: true } })
    expect(paid.owing).toBeUndefined()
    expect(paid.time).toBe(owing.nextTry)
  })

  test('leave the others, the account and its checkouts where they are', () => {
    const [moved, other] = [subscribe('standard_monthly'), subscribe('standard_monthly')]
    const before = moves.look(other)

    moves.make(moved, 'next-bill')

    expect(moves.look(other)).toEqual(before)
    expect(stripe.now()).toBe(START)
    expect(stripe.state.subscriptions().map(({ status }) => status)).toEqual(['active', 'trialing'])
  })

  test('are not made a second time when real time gets there', () => {
    const customer = subscribe('standard_monthly')
    moves.make(customer, 'next-bill')
    const invoices = stripe.state.invoices().length

    now = START + 15 * DAY_MS
    stripe.tick()

    expect(stripe.state.invoices()).toHaveLength(invoices)
  })

  test('are caught up with by a stack that slept past them', () => {
    const customer = subscribe('standard_monthly')
    moves.make(customer, 'next-bill')
    const { nextBill } = moves.look(customer)!.subscription!

    now = nextBill + DAY_MS
    moves.catchUp()

    expect(moves.look(customer)!.time).toBe(now)
    expect(moves.look(customer)!.subscription!.nextBill).toBeGreaterThan(now)
    expect(stripe.state.invoices().filter(({ status }) => status === 'paid')).toHaveLength(3)
  })

  test('outlast a restart', () => {
    const customer = subscribe('standard_monthly')
    moves.make(customer, 'next-bill')
    const again = createStripeStandIn({ baseUrl: 'http://127.0.0.1:9', now: () => now })
    again.load(stripe.save())

    expect(createCustomerMoves(again).look(customer)).toEqual(moves.look(customer))
    expect(createCustomerMoves(again).make(customer, 'next-bill')).toMatchObject({
      subscription: { status: 'active' },
    })
  })

  test('do nothing for a customer that the account does not have', () => {
    expect(moves.look('cus_unknown')).toBeUndefined()
    expect(moves.make('cus_unknown', 'next-bill')).toBeUndefined()
    expect(moves.make('cus_unknown', 'card-ok')).toBeUndefined()
  })
})

/** A customer with a card that works, in a trial of 14 days. */
function subscribe(lookupKey: string): string {
  const { id: customer } = stripe.actions.createCustomer({ email: 'ada@example.com' })
  stripe.actions.setPaymentMethod(customer, 'ok')
  const price = stripe.state.prices().find((one) => one.lookup_key === lookupKey)!
  stripe.actions.createSubscription({ customer, price: price.id, trialDays: 14 })
  return customer
}
