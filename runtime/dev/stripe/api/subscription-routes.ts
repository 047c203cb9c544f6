import * as z from 'zod'
import type { StandIn } from '../stand-in.ts'
import type { StoredPrice } from '../stored.ts'
import { found, StripeError } from '../stripe-error.ts'
import { endSubscription, isLive } from '../subscription-status.ts'
import { createSubscription } from '../subscriptions.ts'
import { inTimeOf } from '../test-clock-time.ts'
import { updateSubscription } from '../update-subscription.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { methodNamed } from './customer-routes.ts'
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

const quantity = integer.pipe(z.number().min(0)).optional()
const trialEnd = z.union([z.literal('now'), integer])
const trialSettings = z.strictObject({
  end_behavior: z.strictObject({ missing_payment_method: z.enum(['cancel', 'create_invoice']) }),
})
const shared = {
  metadata: metadata.optional(),
  description: clearable.optional(),
  default_payment_method: clearable.optional(),
  cancel_at: z.union([z.literal('').transform(() => null), integer]).optional(),
  cancel_at_period_end: boolean.optional(),
  trial_end: trialEnd.optional(),
  trial_settings: trialSettings.optional(),
  proration_behavior: z.enum(['always_invoice', 'create_prorations', 'none']).optional(),
  payment_behavior: z.enum(['allow_incomplete', 'default_incomplete', 'error_if_incomplete']).optional(),
  payment_settings: ignored,
  off_session: ignored,
  automatic_tax: ignored,
}
const newSubscription = z.strictObject({
  ...shared,
  customer: text,
  items: z.array(z.strictObject({ price: text, quantity, metadata: ignored })).min(1),
  trial_period_days: integer.pipe(z.number().min(1).max(730)).optional(),
  currency: ignored,
})
const cancellationDetails = z.strictObject({ comment: text.optional(), feedback: text.optional() })
const changed = z.strictObject({
  ...shared,
  items: z
    .array(
      z.strictObject({
        id: text.optional(),
        price: text.optional(),
        quantity,
        deleted: boolean.optional(),
        metadata: ignored,
        clear_usage: ignored,
      }),
    )
    .optional(),
  cancellation_details: cancellationDetails.optional(),
  proration_date: ignored,
})
const canceled = z.strictObject({
  cancellation_details: cancellationDetails.optional(),
  invoice_now: ignored,
  prorate: ignored,
})
const statuses = [
  'active',
  'past_due',
  'unpaid',
  'canceled',
  'incomplete',
  'incomplete_expired',
  'trialing',
  'paused',
]
const listed = z.strictObject({
  ...paging,
  created: timeRange.optional(),
  customer: text.optional(),
  price: text.optional(),
  status: z.enum([...statuses, 'all', 'ended']).optional(),
  test_clock: text.optional(),
})

export const subscriptionRoutes: ApiRoute[] = [
  apiRoute('POST', '/v1/subscriptions', newSubscription, ({ standIn, params }) => create(standIn, params)),
  apiRoute('GET', '/v1/subscriptions', listed, ({ standIn, params }) => {
    const { created, customer, price, status, test_clock: testClock, ...page } = params
    const matches = [...standIn.store.subscriptions.values()].filter(
      (subscription) =>
        hasStatus(subscription.status, status) &&
        (customer === undefined || subscription.customer === customer) &&
        (price === undefined || subscription.items.data.some((item) => item.price.id === price)) &&
        (testClock === undefined || subscription.test_clock === testClock) &&
        within(subscription.created, created),
    )
    return listPage('/v1/subscriptions', matches, page)
  }),
  apiRoute('GET', '/v1/subscriptions/:id', z.strictObject({}), ({ standIn, id }) =>
    found(standIn.store.subscriptions, 'subscription', id),
  ),
  apiRoute('POST', '/v1/subscriptions/:id', changed, ({ standIn, id, params }) =>
    update(standIn, id, params),
  ),
  apiRoute('DELETE', '/v1/subscriptions/:id', canceled, ({ standIn, id, params }) => {
    const subscription = found(standIn.store.subscriptions, 'subscription', id)
    if (!isLive(subscription)) {
      throw new StripeError(404, {
        type: 'invalid_request_error',
        code: 'resource_missing',
        message: `No such subscription: '${id}'`,
        param: 'id',
      })
    }
    return inTimeOf(standIn, subscription.test_clock, () => {
      Object.assign(subscription.cancellation_details!, params.cancellation_details)
      endSubscription(standIn, subscription, 'cancellation_requested')
      return subscription
    })
  }),
]

function create(standIn: StandIn, params: z.infer<typeof newSubscription>): object {
  const { store, clock } = standIn
  const customer = found(store.customers, 'customer', params.customer, 'customer')
  return inTimeOf(standIn, customer.test_clock, () => {
    const {
      trial_end: end,
      trial_period_days: days,
      default_payment_method: method,
      cancel_at: cancelAt,
    } = params
    const subscription = createSubscription(standIn, {
      customer,
      items: params.items.map((item, at) => ({
        price: priceOf(standIn, item.price, at),
        quantity: item.quantity ?? 1,
      })),
      metadata: newMetadata(params.metadata),
      description: params.description,
      trialEnd: days === undefined ? (end === 'now' ? null : end) : clock.seconds() + days * 86_400,
      defaultPaymentMethod: method ? methodNamed(standIn, method).id : null,
      missingPaymentMethod: params.trial_settings?.end_behavior.missing_payment_method,
    })
    if (cancelAt || params.cancel_at_period_end) {
      updateSubscription(standIn, subscription, { cancelAt, cancelAtPeriodEnd: params.cancel_at_period_end })
    }
    return subscription
  })
}

function update(standIn: StandIn, id: string, params: z.infer<typeof changed>): object {
  const subscription = found(standIn.store.subscriptions, 'subscription', id)
  const { default_payment_method: method, items, cancellation_details: cancellation } = params
  return inTimeOf(standIn, subscription.test_clock, () =>
    updateSubscription(standIn, subscription, {
      items: items?.map(({ price, id: item, quantity: amount, deleted }, at) => ({
        id: item,
        quantity: amount,
        deleted,
        ...(price !== undefined && { price: priceOf(standIn, price, at) }),
      })),
      prorationBehavior: params.proration_behavior,
      cancelAtPeriodEnd: params.cancel_at_period_end,
      cancelAt: params.cancel_at,
      trialEnd: params.trial_end,
      metadata: mergeMetadata(subscription.metadata, params.metadata),
      description: params.description,
      defaultPaymentMethod: method ? methodNamed(standIn, method).id : method,
      cancellation,
    }),
  )
}

function priceOf({ store }: StandIn, id: string, at: number): StoredPrice {
  return found(store.prices, 'price', id, `items[${at}][price]`)
}

/** Without a status, all that have not been canceled. */
function hasStatus(status: string, wanted: string | undefined): boolean {
  if (wanted === 'all') return true
  if (wanted === 'ended') return status === 'canceled' || status === 'incomplete_expired'
  return wanted === undefined ? status !== 'canceled' : status === wanted
}
