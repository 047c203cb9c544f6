import * as z from 'zod'
import { collectInvoice, voidInvoice } from '../collect-invoice.ts'
import { finalizeInvoice } from '../invoices.ts'
import { cancelPaymentIntent, confirmPaymentIntent, createPaymentIntent } from '../payment-intents.ts'
import { createRefund } from '../refunds.ts'
import type { StandIn } from '../stand-in.ts'
import type { StoredInvoice, StoredPaymentIntent } from '../stored.ts'
import { found, invalidRequest, StripeError } from '../stripe-error.ts'
import { inTimeOf } from '../test-clock-time.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { methodNamed } from './customer-routes.ts'
import { listPage, within } from './list.ts'
import { boolean, ignored, integer, metadata, newMetadata, paging, text, timeRange } from './params.ts'

const listedInvoices = z.strictObject({
  ...paging,
  created: timeRange.optional(),
  customer: text.optional(),
  status: z.enum(['draft', 'open', 'paid', 'uncollectible', 'void']).optional(),
  subscription: text.optional(),
})
const paid = z.strictObject({ payment_method: text.optional(), off_session: ignored, forgive: ignored })
const listedPayments = z.strictObject({
  ...paging,
  created: timeRange.optional(),
  invoice: text.optional(),
  status: z.enum(['open', 'paid', 'canceled']).optional(),
  payment: z
    .strictObject({
      type: z.enum(['payment_intent', 'charge']),
      payment_intent: text.optional(),
      charge: ignored,
    })
    .optional(),
})
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

const invoiceRoutes: ApiRoute[] = [
  apiRoute('GET', '/v1/invoices', listedInvoices, ({ standIn, params }) => {
    const { created, customer, status, subscription, ...page } = params
    const matches = [...standIn.store.invoices.values()].filter(
      (invoice) =>
        (customer === undefined || invoice.customer === customer) &&
        (status === undefined || invoice.status === status) &&
        (subscription === undefined || invoice.parent?.subscription_details?.subscription === subscription) &&
        within(invoice.created, created),
    )
    return listPage('/v1/invoices', matches, page)
  }),
  apiRoute('GET', '/v1/invoices/:id', z.strictObject({}), ({ standIn, id }) => invoiceOf(standIn, id)),
  onInvoice('finalize', z.strictObject({ auto_advance: ignored }), (standIn, invoice) => {
    if (invoice.status !== 'draft')
      throw invalidRequest('This invoice is already finalized, you cannot re-finalize it.')
    finalizeInvoice(standIn, invoice)
  }),
  onInvoice('pay', paid, (standIn, invoice, { payment_method: method }) => {
    if (invoice.status === 'draft') finalizeInvoice(standIn, invoice)
    if (invoice.status !== 'open') throw invalidRequest(`Invoice is already ${invoice.status}`)
    const chosen = method === undefined ? undefined : methodNamed(standIn, method)
    const outcome = collectInvoice(standIn, invoice, { automatic: false, ...(chosen && { method: chosen }) })
    if (outcome === 'failed') throw cardError(standIn.store.paymentIntents.get(invoice.payment_intent ?? ''))
  }),
  onInvoice('void', z.strictObject({}), voidInvoice),
  apiRoute('GET', '/v1/invoice_payments', listedPayments, ({ standIn, params }) => {
    const { created, invoice, status, payment, ...page } = params
    const matches = [...standIn.store.invoicePayments.values()].filter(
      (one) =>
        (invoice === undefined || one.invoice === invoice) &&
        (status === undefined || one.status === status) &&
        (payment?.payment_intent === undefined || one.payment.payment_intent === payment.payment_intent) &&
        within(one.created, created),
    )
    return listPage('/v1/invoice_payments', matches, page)
  }),
]

const paymentRoutes: ApiRoute[] = [
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

export const moneyRoutes: ApiRoute[] = [...invoiceRoutes, ...paymentRoutes]

function onInvoice<Params>(
  action: string,
  schema: z.ZodType<Params>,
  work: (standIn: StandIn, invoice: StoredInvoice, params: Params) => void,
): ApiRoute {
  return apiRoute('POST', `/v1/invoices/:id/${action}`, schema, ({ standIn, id, params }) => {
    const invoice = invoiceOf(standIn, id)
    inTimeOf(standIn, invoice.test_clock, () => work(standIn, invoice, params))
    return invoice
  })
}

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

function cardError(intent: StoredPaymentIntent | undefined): StripeError {
  const error = intent?.last_payment_error
  return new StripeError(402, {
    type: 'card_error',
    code: error?.code ?? 'card_declined',
    decline_code: error?.decline_code ?? 'generic_decline',
    message: error?.message ?? 'Your card was declined.',
    ...(intent && { payment_intent: intent }),
  })
}

function invoiceOf({ store }: StandIn, id: string): StoredInvoice {
  return found(store.invoices, 'invoice', id)
}

function intentOf({ store }: StandIn, id: string): StoredPaymentIntent {
  return found(store.paymentIntents, 'payment_intent', id)
}
