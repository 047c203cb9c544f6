import { randomUUID } from 'node:crypto'
import { inject, onTestFinished } from 'vitest'
import type { LedgerWork } from '../../lib/billing/ledger/drain-stripe-events.ts'
import type { StripeStandIn } from '../../runtime/dev/stripe/stripe-stand-in.ts'
import { createDatabase } from './mariadb.ts'
import { stock, stripeKeys, TIERS } from './shop.ts'
import { startStripe } from './stripe.ts'
import { createTestEnv, type TestEnv } from './test-env.ts'

/** A ledger that no webhook feeds, and the stand-in that it is reconciled with. */
export interface ReconciledShop extends TestEnv {
  stripe: StripeStandIn
  /** The ledger's services, in Stripe's time, which a test moves with `stripe.actions.advance`. */
  work: LedgerWork
  /** A customer with a subscription, both made in the dashboard; the customer names the group. */
  sell(options?: { trialDays?: number; group?: string }): { customer: string; subscription: string }
  /** The id of a price by its lookup key. */
  price(lookupKey: 'standard' | 'large'): string
}

/** Opens one for the running test. @param keys of `stripe` in place of the shop's */
export async function openReconciledShop(
  keys: Record<string, unknown> = {},
  database: 'sqlite' | 'mariadb' = 'sqlite',
): Promise<ReconciledShop> {
  const { stripe, url } = await startStripe()
  stock(stripe)
  const test = await createTestEnv({
    config: {
      paymentTiers: TIERS,
      stripe: { ...stripeKeys(url), ...keys },
      ...(database === 'mariadb' && { database: await createDatabase(inject('mariadb')!) }),
    },
  })
  onTestFinished(() => test.close())
  const { actions, state } = stripe
  const price = (lookupKey: string) => state.prices().find((one) => one.lookup_key === lookupKey)!.id
  return {
    ...test,
    stripe,
    work: { ...test.env, clock: { now: stripe.now }, owner: randomUUID(), random: Math.random },
    price,
    sell({ trialDays, group } = {}) {
      const customer = actions.createCustomer({
        email: 'ada@example.com',
        ...(group && { metadata: { group } }),
      }).id
      actions.setPaymentMethod(customer, 'ok')
      const subscription = actions.createSubscription({
        customer,
        price: price('standard'),
        ...(trialDays && { trialDays }),
      })
      return { customer, subscription: subscription.id }
    },
  }
}
