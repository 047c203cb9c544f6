import { newId, type StandIn } from './stand-in.ts'
import type { StoredCheckoutSession, StoredItem, StoredPrice, SubscriptionData } from './stored.ts'

export interface NewCheckoutSession {
  mode: 'payment' | 'subscription'
  items: { price: StoredPrice; quantity: number }[]
  successUrl: string
  cancelUrl?: string | null
  clientReferenceId?: string | null
  metadata?: Record<string, string>
  customer?: string | null
  customerEmail?: string | null
  customerCreation?: 'always' | 'if_required'
  /** Seconds since the epoch; default a day from now. */
  expiresAt?: number
  locale?: string | null
  allowPromotionCodes?: boolean | null
  paymentMethodCollection?: 'always' | 'if_required'
  paymentMethodTypes?: string[]
  subscriptionData?: Partial<SubscriptionData>
  intentMetadata?: Record<string, string>
}

/** An open session, not yet kept. @param expiresAt seconds since the epoch */
export function newSession(
  standIn: StandIn,
  wanted: NewCheckoutSession,
  expiresAt: number,
): StoredCheckoutSession {
  const id = newId(standIn, 'cs_test', 58)
  const items = wanted.items.map((item) => newItem(standIn, item))
  const trial = wanted.subscriptionData?.trial_period_days ?? wanted.subscriptionData?.trial_end
  const total = trial ? 0 : items.reduce((sum, item) => sum + item.amount_total, 0)
  const url = `${standIn.baseUrl()}/checkout/${id}`
  return {
    id,
    object: 'checkout.session',
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: wanted.allowPromotionCodes ?? null,
    allowed_payment_method_types: null,
    amount_subtotal: total,
    amount_total: total,
    attempt_intent: null,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: wanted.cancelUrl ?? null,
    client_reference_id: wanted.clientReferenceId ?? null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: standIn.clock.seconds(),
    currency: items[0]?.currency ?? null,
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer: wanted.customer ?? null,
    customer_account: null,
    customer_creation:
      wanted.customer || wanted.mode === 'subscription' ? null : (wanted.customerCreation ?? 'if_required'),
    customer_details: null,
    customer_email: wanted.customerEmail ?? null,
    discounts: [],
    expires_at: expiresAt,
    integration_identifier: null,
    intent_metadata: wanted.intentMetadata ?? {},
    invoice: null,
    invoice_creation: null,
    items,
    livemode: false,
    locale: (wanted.locale ?? null) as StoredCheckoutSession['locale'],
    managed_payments: null,
    metadata: wanted.metadata ?? {},
    mode: wanted.mode,
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: wanted.paymentMethodCollection ?? 'always',
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: wanted.paymentMethodTypes ?? ['card'],
    payment_status: 'unpaid',
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: null,
    subscription: null,
    subscription_data: {
      metadata: {},
      description: null,
      trial_end: null,
      trial_period_days: null,
      missing_payment_method: 'create_invoice',
      ...wanted.subscriptionData,
    },
    success_url: wanted.successUrl,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page',
    url,
    wallet_options: null,
  }
}

function newItem(
  standIn: StandIn,
  { price, quantity }: { price: StoredPrice; quantity: number },
): StoredItem {
  const amount = (price.unit_amount ?? 0) * quantity
  return {
    id: newId(standIn, 'li'),
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: price.currency,
    description: standIn.store.products.get(price.product)?.name ?? null,
    metadata: {},
    price: structuredClone(price),
    quantity,
  }
}
