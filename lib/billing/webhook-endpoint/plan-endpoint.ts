import type Stripe from 'stripe'
import { HANDLED_EVENTS } from '../ledger/handled-events.ts'

/** How many endpoints Stripe lets an account have in each mode. */
const MOST_ENDPOINTS = 16

/** The metadata of an endpoint that takes the place of another: the other's id. */
export const REPLACES = 'authlance_replaces'

/** What makes Stripe's endpoint match. */
export type EndpointPlan =
  | { kind: 'nothing'; endpoint: string; apiVersion: string | null }
  | { kind: 'create' }
  | {
      kind: 'update'
      endpoint: string
      enable: boolean
      added: string[]
      removed: string[]
      /** How it is spelled now, where that is not as we answer to it. */
      formerUrl?: string
    }
  /** `unfinished` is one that an interrupted rotation left. */
  | { kind: 'rotate'; former: string; unfinished?: string }

/** There is something that only a person can decide: a sentence for him. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError'
}

/**
 * Decides what to do; does nothing.
 * @param endpoints all of the account
 * @throws {EndpointError}
 */
export function planEndpoint(
  endpoints: Stripe.WebhookEndpoint[],
  { url, rotate }: { url: string; rotate: boolean },
): EndpointPlan {
  const ours = endpoints.filter((endpoint) => sameUrl(endpoint.url, url) && !endpoint.application)
  const [first, ...more] = ours
  if (!first) {
    if (endpoints.length >= MOST_ENDPOINTS) throw atCap()
    return { kind: 'create' }
  }
  if (more.length > 0) return planAmongSeveral(ours, rotate, url)
  if (rotate) {
    if (endpoints.length >= MOST_ENDPOINTS) throw atCap()
    return { kind: 'rotate', former: first.id }
  }

  const added = HANDLED_EVENTS.filter((type) => !first.enabled_events.includes(type))
  const removed = first.enabled_events.filter((type) => !HANDLED_EVENTS.some((handled) => handled === type))
  const enable = first.status !== 'enabled'
  const respelled = first.url !== url
  return enable || respelled || added.length + removed.length > 0
    ? {
        kind: 'update',
        endpoint: first.id,
        enable,
        added,
        removed,
        ...(respelled && { formerUrl: first.url }),
      }
    : { kind: 'nothing', endpoint: first.id, apiVersion: first.api_version }
}

function planAmongSeveral(ours: Stripe.WebhookEndpoint[], rotate: boolean, url: string): EndpointPlan {
  const unfinished = ours.find(({ metadata }) => ours.some(({ id }) => id === metadata[REPLACES]))
  if (ours.length > 2 || !unfinished) {
    const ids = ours.map(({ id }) => id).join(', ')
    throw new EndpointError(
      `${ours.length} webhook endpoints have the URL ${url} (${ids}): delete all but one`,
    )
  }
  if (!rotate) {
    throw new EndpointError('a rotation of the webhook secret was interrupted: run it again with --rotate')
  }
  return { kind: 'rotate', former: unfinished.metadata[REPLACES]!, unfinished: unfinished.id }
}

/** Whether Stripe would call the same, a slash at the end aside. */
export function sameUrl(a: string, b: string): boolean {
  return URL.canParse(a) && new URL(a).href.replace(/\/$/, '') === new URL(b).href.replace(/\/$/, '')
}

function atCap(): EndpointError {
  return new EndpointError(
    `Stripe allows ${MOST_ENDPOINTS} webhook endpoints, and the account has as many: delete one that is not needed`,
  )
}
