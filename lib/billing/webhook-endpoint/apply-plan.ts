import type Stripe from 'stripe'
import { HANDLED_EVENTS } from '../ledger/handled-events.ts'
import { answerOrThrow } from '../stripe-away.ts'
import { askStripe, type StripeServices } from '../stripe-client.ts'
import { type EndpointPlan, planEndpoint, REPLACES, sameUrl } from './plan-endpoint.ts'
import { webhookUrl } from './webhook-url.ts'

/** @throws {StripeAwayError} */
async function listEndpoints(services: StripeServices): Promise<Stripe.WebhookEndpoint[]> {
  const endpoints: Stripe.WebhookEndpoint[] = []
  for (;;) {
    const after = endpoints.at(-1)?.id
    const page = answerOrThrow(
      await askStripe(services, 'webhookEndpoints.list', (stripe) =>
        stripe.webhookEndpoints.list({ limit: 100, ...(after && { starting_after: after }) }),
      ),
    )?.value
    endpoints.push(...(page?.data ?? []))
    if (!page?.has_more || page.data.length === 0) return endpoints
  }
}

/**
 * Carries a plan out. Whatever ends it in between, a plan made anew completes it.
 * @param tellSecret called once, as soon as there is a new secret: Stripe never shows it again
 * @returns what went otherwise than planned, if anything
 * @throws {StripeAwayError} @throws {EndpointError}
 */
export async function applyEndpointPlan(
  services: StripeServices,
  plan: EndpointPlan,
  base: string,
  tellSecret: (secret: string) => void,
): Promise<string | undefined> {
  const url = webhookUrl(base)
  switch (plan.kind) {
    case 'nothing':
      return undefined
    case 'update':
      answerOrThrow(
        await askStripe(services, 'webhookEndpoints.update', (stripe) =>
          stripe.webhookEndpoints.update(plan.endpoint, {
            enabled_events: [...HANDLED_EVENTS],
            ...(plan.enable && { disabled: false }),
            ...(plan.formerUrl !== undefined && { url }),
          }),
        ),
      )
      return undefined
    case 'create': {
      const created = await create(services, url)
      if (await isSecond(services, created, url)) {
        await remove(services, created.id)
        return 'another run made the endpoint at the same time; its secret is the one that counts'
      }
      tellSecret(created.secret!)
      return undefined
    }
    case 'rotate': {
      if (plan.unfinished) await remove(services, plan.unfinished)
      const created = await create(services, url, { [REPLACES]: plan.former })
      tellSecret(created.secret!)
      // From the first event on, the new one gets what the old one gets: nothing falls between them.
      await remove(services, plan.former)
      return undefined
    }
  }
}

async function create(
  services: StripeServices,
  url: string,
  metadata: Record<string, string> = {},
): Promise<Stripe.WebhookEndpoint> {
  const answer = await askStripe(services, 'webhookEndpoints.create', (stripe) =>
    stripe.webhookEndpoints.create({
      url,
      enabled_events: [...HANDLED_EVENTS],
      api_version: API_VERSION,
      description: 'authlance',
      metadata,
    }),
  )
  return answerOrThrow(answer)!.value
}

/**
 * The version of the events, which stays what it was for an endpoint that is there: the ledger reads every one since 2020. This is
 * the newest that Stripe's published OpenAPI document and its mock know.
 */
const API_VERSION = '2026-08-26.dahlia'

/** Of runs at the same time, the one whose endpoint is older keeps it. */
async function isSecond(
  services: StripeServices,
  own: Stripe.WebhookEndpoint,
  url: string,
): Promise<boolean> {
  const others = await listEndpoints(services)
  return others.some(
    (other) =>
      sameUrl(other.url, url) &&
      other.id !== own.id &&
      (other.created < own.created || (other.created === own.created && other.id < own.id)),
  )
}

async function remove(services: StripeServices, id: string): Promise<void> {
  answerOrThrow(
    await askStripe(services, 'webhookEndpoints.del', (stripe) => stripe.webhookEndpoints.del(id)),
  )
}

/** @throws {StripeAwayError} @throws {EndpointError} */
export async function planEndpointFor(
  services: StripeServices,
  { base, rotate }: { base: string; rotate: boolean },
): Promise<EndpointPlan> {
  return planEndpoint(await listEndpoints(services), { url: webhookUrl(base), rotate })
}
