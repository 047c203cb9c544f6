import type { Config } from './schema.ts'

/** Keys of Stripe that are of another kind than asked for, a line each, never with the value. */
export function stripeKeyWarnings({ stripe }: Pick<Config, 'stripe'>): string[] {
  const { secretKey, webhookSecret } = stripe
  const warnings = webhookSecret.flatMap((secret, index) =>
    secret.startsWith('whsec_') ? [] : [`stripe.webhookSecret[${index}] is no signing secret (whsec_…)`],
  )
  // Whether a key is of live or of test mode is told by its beginning alone.
  const isKnown = secretKey === undefined || /^(?:sk|rk)_(?:live|test)_/.test(secretKey)
  return isKnown ? warnings : ['stripe.secretKey is no secret or restricted key (sk_…, rk_…)', ...warnings]
}

/** What is missing for a service that sells plans, a line each; nothing where there is no trace of Stripe. */
export function paymentGaps({ stripe, tiers }: Pick<Config, 'stripe' | 'tiers'>): string[] {
  const { secretKey, webhookSecret, successBaseUrl } = stripe
  if (!secretKey)
    return webhookSecret.length > 0
      ? ['stripe.secretKey is missing: nothing can be sold, and events that need an answer of Stripe wait']
      : []
  const isSold = tiers.some(({ lookupKey, variants }) => lookupKey !== undefined || variants.length > 0)
  return [
    ...(webhookSecret.length > 0
      ? []
      : ['stripe.webhookSecret is missing: every event of Stripe is refused']),
    ...(successBaseUrl ? [] : ['stripe.successBaseUrl is missing: no checkout can be opened']),
    ...(isSold ? [] : ['no tier has a lookupKey: nothing can be sold']),
  ]
}
