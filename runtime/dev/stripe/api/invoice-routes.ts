import * as z from 'zod'
import { collectInvoice, voidInvoice } from '../collect-invoice.ts'
import { finalizeInvoice } from '../invoices.ts'
import type { StandIn } from '../stand-in.ts'
import type { StoredInvoice } from '../stored.ts'
import { found, invalidRequest } from '../stripe-error.ts'
import { inTimeOf } from '../test-clock-time.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { cardError } from './card-error.ts'
import { methodNamed } from './customer-routes.ts'
import { listPage, within } from './list.ts'
import { ignored, paging, text, timeRange } from './params.ts'

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

export const invoiceRoutes: ApiRoute[] = [
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

function invoiceOf({ store }: StandIn, id: string): StoredInvoice {
  return found(store.invoices, 'invoice', id)
}
