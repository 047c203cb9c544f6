import { PAY, stripeKeys } from '../../parts/shop.ts'
import { type CheckedStripe, closeChecked, serveCheckedStripe } from '../../parts/stripe.ts'
import { SUITE_CONFIG } from './transport.ts'

export interface SuiteStripe extends Pick<CheckedStripe, 'stripe'> {
  /** The key `stripe` of the configuration. */
  config: Record<string, unknown>
  /** @throws when the product asked for something that Stripe would refuse */
  stop(): Promise<void>
}

/** The stand-in for Stripe with the suite's prices, whose webhooks go to the product. @param url the public API */
export async function startSuiteStripe(url: string): Promise<SuiteStripe> {
  const served = await serveCheckedStripe()
  const { actions } = served.stripe
  for (const { tierName, price, billingCycle, lookupKey } of SUITE_CONFIG.paymentTiers) {
    actions.createPrice({
      product: actions.createProduct({ name: tierName }).id,
      currency: 'usd',
      unit_amount: price * 100,
      lookup_key: lookupKey,
      recurring: { interval: billingCycle === 'year' ? 'year' : 'month' },
    })
  }
  const webhook = { url: `${url}${PAY}/stripe/webhook`, enabledEvents: ['*'] }
  const [secret] = actions.createWebhookEndpoint(webhook).secrets
  return {
    stripe: served.stripe,
    config: { ...SUITE_CONFIG.stripe, ...stripeKeys(served.url), webhookSecret: secret!.value },
    stop: () => closeChecked(served),
  }
}
