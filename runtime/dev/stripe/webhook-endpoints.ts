import { newId, type StandIn } from './stand-in.ts'
import type { StoredWebhookEndpoint } from './stored.ts'
import { invalidRequest } from './stripe-error.ts'

export interface NewWebhookEndpoint {
  url: string
  enabledEvents: string[]
  apiVersion?: string | null
  description?: string | null
  metadata?: Record<string, string>
}

/** How many endpoints an account may have. */
const MOST_ENDPOINTS = 16

/** @throws 400 when the account has as many as it may */
export function createWebhookEndpoint(standIn: StandIn, wanted: NewWebhookEndpoint): StoredWebhookEndpoint {
  const { store, clock } = standIn
  if (store.webhookEndpoints.size >= MOST_ENDPOINTS) {
    throw invalidRequest(`You have reached the maximum of ${MOST_ENDPOINTS} test webhook endpoints.`)
  }
  const endpoint: StoredWebhookEndpoint = {
    id: newId(standIn, 'we'),
    object: 'webhook_endpoint',
    api_version: wanted.apiVersion ?? null,
    application: null,
    created: clock.seconds(),
    description: wanted.description ?? null,
    enabled_events: wanted.enabledEvents,
    livemode: false,
    metadata: wanted.metadata ?? {},
    secrets: [{ value: newSecret(standIn), until: null }],
    status: 'enabled',
    url: wanted.url,
  }
  store.webhookEndpoints.set(endpoint.id, endpoint)
  return endpoint
}

/** Gives the endpoint another secret; the former one signs along with it for a while. @returns the new secret */
export function rollSecret(
  standIn: StandIn,
  endpoint: StoredWebhookEndpoint,
  overlapSeconds: number,
): string {
  const until = standIn.clock.seconds() + overlapSeconds
  const value = newSecret(standIn)
  endpoint.secrets = [
    { value, until: null },
    ...endpoint.secrets.map((old) => ({ ...old, until: old.until ?? until })),
  ]
  return value
}

/** The secrets that sign now, the newest first. */
export function currentSecrets({ clock }: StandIn, { secrets }: StoredWebhookEndpoint): string[] {
  return secrets.filter(({ until }) => until === null || until > clock.seconds()).map(({ value }) => value)
}

/** Deletes the endpoint, and forgets what was on its way there. */
export function deleteWebhookEndpoint({ store }: StandIn, { id }: StoredWebhookEndpoint) {
  store.webhookEndpoints.delete(id)
  for (const event of store.events.values()) {
    if (event.waiting.includes(id)) event.waiting = event.waiting.filter((waiting) => waiting !== id)
  }
  return { id, object: 'webhook_endpoint', deleted: true } as const
}

function newSecret(standIn: StandIn): string {
  return newId(standIn, 'whsec', 32)
}
