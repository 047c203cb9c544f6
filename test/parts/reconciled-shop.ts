import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import type { LedgerWork } from '../../lib/billing/ledger/drain-stripe-events.ts'
import type { StripeStandIn } from '../../runtime/dev/stripe/stripe-stand-in.ts'
import { stock, stripeKeys, TIERS } from './shop.ts'
import { startStripe } from './stripe.ts'
import { createTestEnv, type TestEnv } from './test-env.ts'

/** A ledger that no webhook feeds, and the stand-in that it is reconciled with. */
export interface ReconciledShop extends TestEnv {
  stripe: StripeStandIn
  /** The ledger's services, in Stripe's time, which a test moves with `stripe.actions.advance`. */
  work: LedgerWork
  /** A customer with a subscription, both made in the dashboard. */
  sell(options?: { trialDays?: number }): { customer: string; subscription: string }
}

/** Opens one for the running test, in memory. @param stripeKeys in place of the shop's */
export async function openReconciledShop(keys: Record<string, unknown> = {}): Promise<ReconciledShop> {
  const { stripe, url } = await startStripe()
  stock(stripe)
  const test = await createTestEnv({
    config: { paymentTiers: TIERS, stripe: { ...stripeKeys(url), ...keys } },
  })
  onTestFinished(() => test.close())
  const { actions, state } = stripe
  return {
    ...test,
    stripe,
    work: { ...test.env, clock: { now: stripe.now }, owner: randomUUID(), random: Math.random },
    sell({ trialDays } = {}) {
      const customer = actions.createCustomer({ email: 'ada@example.com' }).id
      actions.setPaymentMethod(customer, 'ok')
      const price = state.prices().find(({ lookup_key }) => lookup_key === 'standard')!.id
      const subscription = actions.createSubscription({ customer, price, ...(trialDays && { trialDays }) })
      return { customer, subscription: subscription.id }
    },
  }
}
