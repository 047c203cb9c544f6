import * as z from 'zod'
import { cancelPaymentIntent, confirmPaymentIntent, createPaymentIntent } from '../payment-intents.ts'
import { createRefund } from '../refunds.ts'
import type { StandIn } from '../stand-in.ts'
import type { StoredPaymentIntent } from '../stored.ts'
import { found, invalidRequest } from '../stripe-error.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { cardError } from './card-error.ts'
import { methodNamed } from './customer-routes.ts'
import { listPage, within } from './list.ts'
import { boolean, ignored, integer, metadata, newMetadata, paging, text, timeRange } from './params.ts'

const ofCustomer = z.strictObject({
  ...paging,
  created: timeRange.optional(),
  customer: text.optional(),
  payment_intent: text.optional(),
})
const newIntent = z.strictObject({
  amount: integer.pipe(z.number().min(1)),
  currency: text,
  customer: text.optional(),
  description: text.optional(),
  receipt_email: text.optional(),
  metadata: metadata.optional(),
  payment_method: text.optional(),
  confirm: boolean.optional(),
  automatic_payment_methods: ignored,
  payment_method_types: ignored,
  off_session: ignored,
})
const newRefund = z.strictObject({
  charge: text.optional(),
  payment_intent: text.optional(),
  amount: integer.optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  metadata: metadata.optional(),
})

export const paymentRoutes: ApiRoute[] = [
  apiRoute('POST', '/v1/payment_intents', newIntent, ({ standIn, params }) => {
    const { customer, payment_method: method, confirm = false } = params
    if (customer) found(standIn.store.customers, 'customer', customer, 'customer')
    const intent = createPaymentIntent(standIn, {
      ...params,
      receiptEmail: params.receipt_email,
      metadata: newMetadata(params.metadata),
    })
    return confirm ? confirmIntent(standIn, intent, method) : intent
  }),
  apiRoute('GET', '/v1/payment_intents', ofCustomer.omit({ payment_intent: true }), ({ standIn, params }) => {
    const { created, customer, ...page } = params
    const matches = [...standIn.store.paymentIntents.values()].filter(
      (intent) => (customer === undefined || intent.customer === customer) && within(intent.created, created),
    )
    return listPage('/v1/payment_intents', matches, page)
  }),
  apiRoute('GET', '/v1/payment_intents/:id', z.strictObject({}), ({ standIn, id }) => intentOf(standIn, id)),
  apiRoute(
    'POST',
    '/v1/payment_intents/:id/confirm',
    z.strictObject({ payment_method: text.optional(), return_url: ignored, off_session: ignored }),
    ({ standIn, id, params }) => confirmIntent(standIn, intentOf(standIn, id), params.payment_method),
  ),
  apiRoute(
    'POST',
    '/v1/payment_intents/:id/cancel',
    z.strictObject({ cancellation_reason: z.enum(['abandoned', 'requested_by_customer']).optional() }),
    ({ standIn, id, params }) => {
      const intent = intentOf(standIn, id)
      cancelPaymentIntent(standIn, intent, params.cancellation_reason ?? null)
      return intent
    },
  ),
  apiRoute('GET', '/v1/charges', ofCustomer, ({ standIn, params }) => {
    const { created, customer, payment_intent, ...page } = params
    const matches = [...standIn.store.charges.values()].filter(
      (charge) =>
        (customer === undefined || charge.customer === customer) &&
        (payment_intent === undefined || charge.payment_intent === payment_intent) &&
        within(charge.created, created),
    )
    return listPage('/v1/charges', matches, page)
  }),
  apiRoute('GET', '/v1/charges/:id', z.strictObject({}), ({ standIn, id }) =>
    found(standIn.store.charges, 'charge', id),
  ),
  apiRoute('POST', '/v1/refunds', newRefund, ({ standIn, params }) => {
    const { store } = standIn
    const { charge: chargeId, payment_intent: intentId, metadata: sent, ...wanted } = params
    const intent =
      intentId === undefined
        ? undefined
        : found(store.paymentIntents, 'payment_intent', intentId, 'payment_intent')
    const charge = found(store.charges, 'charge', chargeId ?? intent?.latest_charge ?? '', 'charge')
    return createRefund(standIn, charge, { ...wanted, metadata: newMetadata(sent) })
  }),
  apiRoute(
    'GET',
    '/v1/refunds',
    z.strictObject({
      ...paging,
      charge: text.optional(),
      payment_intent: text.optional(),
      created: timeRange.optional(),
    }),
    ({ standIn, params: { charge, payment_intent, created, ...page } }) => {
      const matches = [...standIn.store.refunds.values()].filter(
        (refund) =>
          (charge === undefined || refund.charge === charge) &&
          (payment_intent === undefined || refund.payment_intent === payment_intent) &&
          within(refund.created, created),
      )
      return listPage('/v1/refunds', matches, page)
    },
  ),
  apiRoute('GET', '/v1/refunds/:id', z.strictObject({}), ({ standIn, id }) =>
    found(standIn.store.refunds, 'refund', id),
  ),
]

function confirmIntent(
  standIn: StandIn,
  intent: StoredPaymentIntent,
  method: string | undefined,
): StoredPaymentIntent {
  const chosen = method ?? intent.payment_method
  if (!chosen)
    throw invalidRequest('You cannot confirm this PaymentIntent because it is missing a payment method.')
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    throw invalidRequest(
      `You cannot confirm this PaymentIntent because it has a status of ${intent.status}.`,
      {
        code: 'payment_intent_unexpected_state',
      },
    )
  }
  if (confirmPaymentIntent(standIn, intent, methodNamed(standIn, chosen)) === 'failed')
    throw cardError(intent)
  return intent
}

function intentOf({ store }: StandIn, id: string): StoredPaymentIntent {
  return found(store.paymentIntents, 'payment_intent', id)
}
