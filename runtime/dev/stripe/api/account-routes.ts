import * as z from 'zod'
import { isRecent } from '../events.ts'
import { createPortalSession } from '../portal-sessions.ts'
import { showEvent } from '../show-event.ts'
import type { StandIn } from '../stand-in.ts'
import { found, invalidRequest, resourceMissing } from '../stripe-error.ts'
import { advanceTestClock, createTestClock, deleteTestClock } from '../test-clocks.ts'
import { createWebhookEndpoint, deleteWebhookEndpoint } from '../webhook-endpoints.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { listPage, within } from './list.ts'
import {
  boolean,
  clearable,
  ignored,
  integer,
  mergeMetadata,
  metadata,
  newMetadata,
  paging,
  text,
  timeRange,
} from './params.ts'

const url = text.regex(/^https?:\/\//, 'Not a valid URL')
const enabledEvents = z.array(text.regex(/^(\*|[a-z_0-9]+(\.[a-z_0-9]+)+)$/, 'not an event type')).min(1)
const endpointFields = { description: clearable.optional(), metadata: metadata.optional() }
const newEndpoint = z.strictObject({
  ...endpointFields,
  url,
  enabled_events: enabledEvents,
  api_version: text.optional(),
  connect: ignored,
})
const changedEndpoint = z.strictObject({
  ...endpointFields,
  url: url.optional(),
  enabled_events: enabledEvents.optional(),
  disabled: boolean.optional(),
})
const listedEvents = z.strictObject({
  ...paging,
  created: timeRange.optional(),
  type: text.optional(),
  types: z.array(text).max(20).optional(),
  delivery_success: boolean.optional(),
})

const eventRoutes: ApiRoute[] = [
  apiRoute('GET', '/v1/events', listedEvents, ({ standIn, params }) => {
    const { created, type, types, delivery_success: delivered, ...page } = params
    const matches = recentEvents(standIn).filter(
      (event) =>
        (type === undefined || matchesType(event.type, type)) &&
        (types === undefined || types.some((wanted) => matchesType(event.type, wanted))) &&
        (delivered === undefined || (event.waiting.length === 0) === delivered) &&
        within(event.created, created),
    )
    const { data, ...list } = listPage('/v1/events', matches, page)
    return { ...list, data: data.map((event) => showEvent(standIn, event)) }
  }),
  apiRoute('GET', '/v1/events/:id', z.strictObject({}), ({ standIn, id }) => {
    const event = standIn.store.events.get(id)
    if (!event || !isRecent(standIn, event)) throw resourceMissing('event', id)
    return showEvent(standIn, event)
  }),
]

const endpointRoutes: ApiRoute[] = [
  apiRoute('POST', '/v1/webhook_endpoints', newEndpoint, ({ standIn, params }) => {
    const endpoint = createWebhookEndpoint(standIn, {
      url: params.url,
      enabledEvents: params.enabled_events,
      apiVersion: params.api_version,
      description: params.description,
      metadata: newMetadata(params.metadata),
    })
    return { ...endpoint, secret: endpoint.secrets[0]!.value }
  }),
  apiRoute('GET', '/v1/webhook_endpoints', z.strictObject(paging), ({ standIn, params }) =>
    listPage('/v1/webhook_endpoints', standIn.store.webhookEndpoints.values(), params),
  ),
  apiRoute('GET', '/v1/webhook_endpoints/:id', z.strictObject({}), ({ standIn, id }) =>
    endpointOf(standIn, id),
  ),
  apiRoute('POST', '/v1/webhook_endpoints/:id', changedEndpoint, ({ standIn, id, params }) => {
    const endpoint = endpointOf(standIn, id)
    endpoint.url = params.url ?? endpoint.url
    endpoint.enabled_events = params.enabled_events ?? endpoint.enabled_events
    endpoint.metadata = mergeMetadata(endpoint.metadata, params.metadata) ?? endpoint.metadata
    if (params.description !== undefined) endpoint.description = params.description
    if (params.disabled !== undefined) endpoint.status = params.disabled ? 'disabled' : 'enabled'
    return endpoint
  }),
  apiRoute('DELETE', '/v1/webhook_endpoints/:id', z.strictObject({}), ({ standIn, id }) =>
    deleteWebhookEndpoint(standIn, endpointOf(standIn, id)),
  ),
]

const clockRoutes: ApiRoute[] = [
  apiRoute(
    'POST',
    '/v1/test_helpers/test_clocks',
    z.strictObject({ frozen_time: integer, name: text.optional() }),
    ({ standIn, params }) => createTestClock(standIn, { frozenTime: params.frozen_time, name: params.name }),
  ),
  apiRoute('GET', '/v1/test_helpers/test_clocks', z.strictObject(paging), ({ standIn, params }) =>
    listPage('/v1/test_helpers/test_clocks', standIn.store.testClocks.values(), params),
  ),
  apiRoute('GET', '/v1/test_helpers/test_clocks/:id', z.strictObject({}), ({ standIn, id }) =>
    found(standIn.store.testClocks, 'test clock', id),
  ),
  apiRoute(
    'POST',
    '/v1/test_helpers/test_clocks/:id/advance',
    z.strictObject({ frozen_time: integer }),
    ({ standIn, id, params }) =>
      advanceTestClock(standIn, found(standIn.store.testClocks, 'test clock', id), params.frozen_time),
  ),
  apiRoute('DELETE', '/v1/test_helpers/test_clocks/:id', z.strictObject({}), ({ standIn, id }) =>
    deleteTestClock(standIn, found(standIn.store.testClocks, 'test clock', id)),
  ),
]

export const accountRoutes: ApiRoute[] = [
  ...eventRoutes,
  ...endpointRoutes,
  ...clockRoutes,
  apiRoute(
    'POST',
    '/v1/billing_portal/sessions',
    z.strictObject({
      customer: text,
      return_url: url.optional(),
      locale: text.optional(),
      configuration: ignored,
      flow_data: ignored,
    }),
    ({ standIn, params }) =>
      createPortalSession(standIn, {
        customer: found(standIn.store.customers, 'customer', params.customer, 'customer').id,
        returnUrl: params.return_url,
        locale: params.locale,
      }),
  ),
  apiRoute('GET', '/v1/account', z.strictObject({}), ({ standIn }) => ({
    id: 'acct_1StandIn00000000',
    object: 'account',
    business_type: null,
    capabilities: { card_payments: 'active', transfers: 'active' },
    charges_enabled: true,
    country: 'US',
    created: standIn.clock.seconds(),
    default_currency: 'usd',
    details_submitted: true,
    email: 'stand-in@example.com',
    metadata: {},
    payouts_enabled: true,
    settings: { dashboard: { display_name: 'Stand-in', timezone: 'Etc/UTC' } },
    type: 'standard',
  })),
]

function recentEvents(standIn: StandIn) {
  return [...standIn.store.events.values()].filter((event) => isRecent(standIn, event))
}

/** A type may end in a wildcard, such as `customer.subscription.*`. */
function matchesType(type: string, wanted: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted
}

function endpointOf({ store }: StandIn, id: string) {
  if (id.startsWith('we_') || store.webhookEndpoints.has(id))
    return found(store.webhookEndpoints, 'webhook endpoint', id)
  throw invalidRequest(`Invalid webhook endpoint id: ${id}`, { param: 'id' })
}
