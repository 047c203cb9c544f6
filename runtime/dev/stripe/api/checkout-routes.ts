import * as z from 'zod'
import { createCheckoutSession, expireCheckoutSession } from '../checkout-sessions.ts'
import { createPrice } from '../prices.ts'
import { createProduct } from '../products.ts'
import type { StandIn } from '../stand-in.ts'
import type { StoredPrice } from '../stored.ts'
import { found, invalidRequest } from '../stripe-error.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { recurring } from './catalog-routes.ts'
import { listPage, within } from './list.ts'
import { boolean, ignored, integer, metadata, newMetadata, paging, text, timeRange } from './params.ts'

const url = text.regex(/^https?:\/\//, 'Not a valid URL')

const lineItem = z.strictObject({
  price: text.optional(),
  price_data: z
    .strictObject({
      currency: text,
      unit_amount: integer,
      product: text.optional(),
      product_data: z
        .strictObject({ name: text, description: ignored, metadata: metadata.optional() })
        .optional(),
      recurring: recurring.optional(),
    })
    .optional(),
  quantity: integer.pipe(z.number().min(1)).optional(),
  adjustable_quantity: ignored,
})

const subscriptionData = z.strictObject({
  metadata: metadata.optional(),
  description: text.optional(),
  trial_end: integer.optional(),
  trial_period_days: integer.pipe(z.number().min(1).max(730)).optional(),
  trial_settings: z
    .strictObject({
      end_behavior: z.strictObject({ missing_payment_method: z.enum(['cancel', 'create_invoice']) }),
    })
    .optional(),
  billing_mode: ignored,
})

const newSession = z.strictObject({
  mode: z.enum(['payment', 'subscription']),
  line_items: z.array(lineItem).optional(),
  success_url: url,
  cancel_url: url.optional(),
  client_reference_id: text.max(200).optional(),
  metadata: metadata.optional(),
  customer: text.optional(),
  customer_email: text.regex(/^[^@\s]+@[^@\s]+$/, 'Invalid email address').optional(),
  customer_creation: z.enum(['always', 'if_required']).optional(),
  expires_at: integer.optional(),
  locale: text.optional(),
  allow_promotion_codes: boolean.optional(),
  payment_method_collection: z.enum(['always', 'if_required']).optional(),
  payment_method_types: z.array(text).optional(),
  payment_intent_data: z
    .strictObject({ metadata: metadata.optional(), description: ignored, receipt_email: ignored })
    .optional(),
  subscription_data: subscriptionData.optional(),
  automatic_tax: ignored,
  billing_address_collection: ignored,
  consent_collection: ignored,
  customer_update: ignored,
  invoice_creation: ignored,
  phone_number_collection: ignored,
  saved_payment_method_options: ignored,
  submit_type: ignored,
  tax_id_collection: ignored,
  ui_mode: z.enum(['hosted', 'hosted_page']).optional(),
})

const listed = z.strictObject({
  ...paging,
  created: timeRange.optional(),
  customer: text.optional(),
  customer_details: z.strictObject({ email: text }).optional(),
  payment_intent: text.optional(),
  status: z.enum(['open', 'complete', 'expired']).optional(),
  subscription: text.optional(),
})

export const checkoutRoutes: ApiRoute[] = [
  apiRoute('POST', '/v1/checkout/sessions', newSession, ({ standIn, params }) => {
    const { customer, subscription_data: data } = params
    if (customer) found(standIn.store.customers, 'customer', customer, 'customer')
    return createCheckoutSession(standIn, {
      mode: params.mode,
      items: (params.line_items ?? []).map((item, at) => itemOf(standIn, item, `line_items[${at}][price]`)),
      successUrl: params.success_url,
      cancelUrl: params.cancel_url,
      clientReferenceId: params.client_reference_id,
      metadata: newMetadata(params.metadata),
      customer,
      customerEmail: params.customer_email,
      customerCreation: params.customer_creation,
      expiresAt: params.expires_at,
      locale: params.locale,
      allowPromotionCodes: params.allow_promotion_codes,
      paymentMethodCollection: params.payment_method_collection,
      paymentMethodTypes: params.payment_method_types,
      intentMetadata: newMetadata(params.payment_intent_data?.metadata),
      subscriptionData: {
        metadata: newMetadata(data?.metadata),
        description: data?.description ?? null,
        trial_end: data?.trial_end ?? null,
        trial_period_days: data?.trial_period_days ?? null,
        missing_payment_method: data?.trial_settings?.end_behavior.missing_payment_method ?? 'create_invoice',
      },
    })
  }),
  apiRoute('GET', '/v1/checkout/sessions', listed, ({ standIn, params }) => {
    const { created, customer, customer_details, payment_intent, status, subscription, ...page } = params
    const matches = [...standIn.store.checkoutSessions.values()].filter(
      (session) =>
        (customer === undefined || session.customer === customer) &&
        (customer_details === undefined || session.customer_details?.email === customer_details.email) &&
        (payment_intent === undefined || session.payment_intent === payment_intent) &&
        (status === undefined || session.status === status) &&
        (subscription === undefined || session.subscription === subscription) &&
        within(session.created, created),
    )
    return listPage('/v1/checkout/sessions', matches, page)
  }),
  apiRoute('GET', '/v1/checkout/sessions/:id', z.strictObject({}), ({ standIn, id }) =>
    found(standIn.store.checkoutSessions, 'checkout.session', id),
  ),
  apiRoute('POST', '/v1/checkout/sessions/:id/expire', z.strictObject({}), ({ standIn, id }) =>
    expireCheckoutSession(standIn, found(standIn.store.checkoutSessions, 'checkout.session', id)),
  ),
  apiRoute(
    'GET',
    '/v1/checkout/sessions/:id/line_items',
    z.strictObject(paging),
    ({ standIn, id, params }) => {
      const { items } = found(standIn.store.checkoutSessions, 'checkout.session', id)
      return listPage(`/v1/checkout/sessions/${id}/line_items`, [...items].reverse(), params)
    },
  ),
]

function itemOf(
  standIn: StandIn,
  { price, price_data: data, quantity = 1 }: z.infer<typeof lineItem>,
  param: string,
): { price: StoredPrice; quantity: number } {
  if (price !== undefined) return { price: found(standIn.store.prices, 'price', price, param), quantity }
  if (!data) throw invalidRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param })
  const product = data.product
    ? found(standIn.store.products, 'product', data.product, param)
    : createProduct(standIn, { name: data.product_data?.name ?? 'Item' })
  const made = createPrice(standIn, { ...data, product: product.id })
  return { price: made, quantity }
}
