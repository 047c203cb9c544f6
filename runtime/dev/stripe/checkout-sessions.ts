import { emit } from './events.ts'
import { newId, type StandIn } from './stand-in.ts'
import type { StoredCheckoutSession, StoredItem, StoredPrice, SubscriptionData } from './stored.ts'
import { invalidRequest } from './stripe-error.ts'

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

const SHORTEST_SECONDS = 1800
const LONGEST_SECONDS = 86_400

export function createCheckoutSession(standIn: StandIn, wanted: NewCheckoutSession): StoredCheckoutSession {
  const { store, agenda, clock } = standIn
  checkItems(wanted)
  const expiresAt = wanted.expiresAt ?? clock.seconds() + LONGEST_SECONDS
  checkExpiry(expiresAt - clock.seconds())
  const session = newSession(standIn, wanted, expiresAt)
  store.checkoutSessions.set(session.id, session)
  agenda.set('checkout-expires', session.id, expiresAt)
  return session
}

/** @throws 400 unless it is open */
export function expireCheckoutSession(
  standIn: StandIn,
  session: StoredCheckoutSession,
): StoredCheckoutSession {
  if (session.status !== 'open') {
    throw invalidRequest(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}.`,
    )
  }
  session.status = 'expired'
  session.url = null
  standIn.agenda.set('checkout-expires', session.id, null)
  emit(standIn, 'checkout.session.expired', session)
  return session
}

function checkItems({ mode, items, customer, customerEmail }: NewCheckoutSession): void {
  if (customer && customerEmail) {
    throw invalidRequest('You may only specify one of these parameters: customer, customer_email.')
  }
  if (items.length === 0) {
    throw invalidRequest('Missing required param: line_items.', {
      code: 'parameter_missing',
      param: 'line_items',
    })
  }
  const inactive = items.findIndex(({ price }) => !price.active)
  if (inactive >= 0) {
    throw invalidRequest('The price specified is inactive. This field only accepts active prices.', {
      param: `line_items[${inactive}][price]`,
    })
  }
  const recurring = items.filter(({ price }) => price.type === 'recurring').length
  if (mode === 'payment' && recurring > 0) {
    throw invalidRequest(
      'You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.',
      { param: 'line_items' },
    )
  }
  if (mode === 'subscription' && recurring < items.length) {
    throw invalidRequest('The stand-in sells recurring prices alone in `subscription` mode.', {
      param: 'line_items',
    })
  }
}

function checkExpiry(seconds: number): void {
  const [bound, words] =
    seconds < SHORTEST_SECONDS
      ? ['at least', '30 minutes']
      : seconds > LONGEST_SECONDS
        ? ['less than', '24 hours']
        : []
  if (bound === undefined) return
  throw invalidRequest(
    `The \`expires_at\` timestamp must be ${bound} ${words} from Checkout Session creation.`,
    {
      param: 'expires_at',
    },
  )
}

function newSession(standIn: StandIn, wanted: NewCheckoutSession, expiresAt: number): StoredCheckoutSession {
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
