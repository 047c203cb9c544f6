import { findPrice } from '../../../lib/billing/prices.ts'
import { StripeAwayError } from '../../../lib/billing/stripe-away.ts'
import { askStripe, type StripeServices } from '../../../lib/billing/stripe-client.ts'
import { stripeMode } from '../../../lib/billing/stripe-mode.ts'
import { planEndpointFor } from '../../../lib/billing/webhook-endpoint/apply-plan.ts'
import { EndpointError } from '../../../lib/billing/webhook-endpoint/plan-endpoint.ts'
import type { Config } from '../../../lib/config.ts'
import { type Finding, judgeOf } from '../../../lib/doctor/finding.ts'
import { judgeClock } from '../../../lib/doctor/judge-clock.ts'
import {
  type AccountFacts,
  judgeAccount,
  judgeEndpoint,
  judgeKeyMode,
  judgeNoKey,
  judgePrices,
  judgeWebhookSecrets,
} from '../../../lib/doctor/judge-stripe.ts'
import { noMetrics } from '../../../lib/metrics.ts'

const { broken, skipped, warn } = judgeOf('stripe')
const MAX_PRICES = 50

/** The account at Stripe, by calls that change nothing. */
export async function* examineStripe(config: Config): AsyncGenerator<Finding> {
  const keys = lookupKeys(config)
  if (!config.stripe.secretKey) {
    yield judgeNoKey(keys.length > 0)
    return
  }
  yield judgeKeyMode(stripeMode(config), config)
  yield judgeWebhookSecrets(config.stripe.webhookSecret.length)

  // One try for each: who looks at it can look again.
  const services: StripeServices = {
    config: { stripe: { ...config.stripe, maxRetries: 0 } },
    metrics: noMetrics,
    clock: { now: () => Date.now() },
  }
  const { account, skewMs } = await readAccount(services)
  yield judgeAccount(account)
  if (account.kind === 'away') return
  if (skewMs !== undefined) yield judgeClock('stripe', { skewMs, of: 'Stripe', exactToMs: 1000 })
  yield* await examineEndpoint(services, config)
  yield await examinePrices(services, config, keys)
}

async function readAccount(services: StripeServices): Promise<{ account: AccountFacts; skewMs?: number }> {
  const answer = await askStripe(services, 'accounts.retrieve', (stripe) => stripe.accounts.retrieveCurrent())
  switch (answer.kind) {
    case 'answer': {
      const { charges_enabled: chargesEnabled, lastResponse } = answer.value
      const date = Date.parse(new Headers(lastResponse?.headers).get('date') ?? '')
      return {
        account: { kind: 'account', chargesEnabled },
        ...(!Number.isNaN(date) && { skewMs: Date.now() - date - 500 }),
      }
    }
    case 'away': {
      const { statusCode } = (answer.cause ?? {}) as { statusCode?: number }
      return { account: statusCode === 403 ? { kind: 'restricted' } : answer }
    }
    case 'refused':
      return { account: { kind: 'away', reason: answer.code } }
    case 'missing':
      return { account: { kind: 'restricted' } }
  }
}

async function examineEndpoint(services: StripeServices, { stripe }: Config): Promise<Finding[]> {
  const base = stripe.webhookBaseUrl
  if (!base) {
    return [
      warn(
        'endpoint',
        'stripe.webhookBaseUrl is missing: the endpoint cannot be compared',
        'set it to the public address of this service',
      ),
    ]
  }
  try {
    return judgeEndpoint(await planEndpointFor(services, { base, rotate: false }))
  } catch (error) {
    if (error instanceof EndpointError) return judgeEndpoint({ kind: 'person', reason: error.message })
    if (!(error instanceof StripeAwayError)) throw error
    return [
      skipped(
        'endpoint',
        `the webhook endpoints cannot be listed (${error.message})`,
        'give the key the permission to read webhook endpoints',
      ),
    ]
  }
}

async function examinePrices(services: StripeServices, config: Config, keys: string[]): Promise<Finding> {
  const looked = keys.slice(0, MAX_PRICES)
  const missing: string[] = []
  try {
    for (const key of looked)
      if (!(await findPrice({ ...services, config: { ...config, ...services.config } }, key)))
        missing.push(key)
  } catch {
    return broken(
      'prices',
      'the prices cannot be read: no checkout can be opened',
      'give the key the permission to read prices',
    )
  }
  return judgePrices(missing, { looked: looked.length, total: keys.length })
}

function lookupKeys({ tiers }: Config): string[] {
  const keys = tiers.flatMap(({ lookupKey, variants }) => [
    lookupKey,
    ...variants.map((variant) => variant.lookupKey),
  ])
  return [...new Set(keys.filter((key) => key !== undefined))]
}
