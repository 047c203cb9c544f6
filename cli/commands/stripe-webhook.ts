import { defineCommand } from 'citty'
import { applyEndpointPlan, planEndpointFor } from '../../lib/billing/webhook-endpoint/apply-plan.ts'
import type { EndpointPlan } from '../../lib/billing/webhook-endpoint/plan-endpoint.ts'
import { webhookUrl } from '../../lib/billing/webhook-endpoint/webhook-url.ts'
import { noMetrics } from '../../lib/metrics.ts'
import { configArg, loadConfigFile } from '../load-config-file.ts'

export default defineCommand({
  meta: {
    name: 'stripe-webhook',
    description:
      "Make Stripe's webhook endpoint match; prints the signing secret alone on stdout, only when there is a new one",
    examples: [
      'authlance stripe-webhook --config config.yaml --dry-run',
      'authlance stripe-webhook --config config.yaml > webhook-secret',
      'authlance stripe-webhook --config config.yaml --rotate > next-secret',
    ],
  },
  args: {
    ...configArg,
    'dry-run': { type: 'boolean', description: 'Show the plan and change nothing' },
    rotate: {
      type: 'boolean',
      description:
        'Replace the endpoint by one with a new secret. Events of the new one are refused, and sent again by Stripe for three days, until stripe.webhookSecret holds the new secret: add it to the list beside the old one',
    },
  },
  async run({ args }) {
    const config = loadConfigFile(args.config)
    const { secretKey, webhookBaseUrl: base } = config.stripe
    if (!secretKey) throw new Error('stripe.secretKey is not configured')
    if (!base) throw new Error('stripe.webhookBaseUrl is not configured')

    const services = { config, metrics: noMetrics, clock: { now: () => Date.now() } }
    const plan = await planEndpointFor(services, { base, rotate: args.rotate ?? false })
    console.error(describe(plan, webhookUrl(base)))
    if (args['dry-run']) return
    const surprise = await applyEndpointPlan(services, plan, base, (secret) => console.log(secret))
    if (surprise) console.error(surprise)
    if (plan.kind === 'rotate') console.error(AFTER_ROTATION)
  },
})

const AFTER_ROTATION =
  'add the new secret to stripe.webhookSecret now; what was on its way to the old endpoint comes with the next reconcile'

function describe(plan: EndpointPlan, url: string): string {
  switch (plan.kind) {
    case 'nothing':
      return `nothing to do: ${plan.endpoint} at ${url} is as it should be, with API version ${plan.apiVersion ?? 'of the account'}`
    case 'create':
      return `create an endpoint at ${url}`
    case 'update':
      return [
        `update ${plan.endpoint} at ${url}`,
        ...(plan.enable ? ['  enable it'] : []),
        ...(plan.formerUrl === undefined ? [] : [`  in place of ${plan.formerUrl}`]),
        ...plan.added.map((type) => `  + ${type}`),
        ...plan.removed.map((type) => `  - ${type}`),
      ].join('\n')
    case 'rotate': {
      const first = plan.unfinished ? `delete ${plan.unfinished} of an interrupted rotation, ` : ''
      return `${first}create another endpoint at ${url}, then delete ${plan.former}`
    }
  }
}
