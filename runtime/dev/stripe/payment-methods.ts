import { updateCustomer } from './customers.ts'
import { change, emit } from './events.ts'
import { newId, type StandIn } from './stand-in.ts'
import type { StoredCustomer, StoredPaymentMethod } from './stored.ts'
import { isLive } from './subscription-status.ts'

/** How a buyer pays: by a card that works or is declined, or by a debit that a bank answers days later. */
export type PaymentKind = 'ok' | 'declined' | 'insufficient_funds' | 'expired_card' | 'async'

const KINDS: Record<PaymentKind, { last4: string; refusal: string | null }> = {
  ok: { last4: '4242', refusal: null },
  declined: { last4: '0341', refusal: 'generic_decline' },
  insufficient_funds: { last4: '9995', refusal: 'insufficient_funds' },
  expired_card: { last4: '0069', refusal: 'expired_card' },
  async: { last4: '3000', refusal: null },
}

/** Stripe's own names of payment methods for tests. */
export const TEST_METHODS: Record<string, PaymentKind> = {
  pm_card_visa: 'ok',
  pm_card_mastercard: 'ok',
  pm_card_chargeCustomerFail: 'declined',
  pm_card_chargeDeclined: 'declined',
  pm_card_visa_chargeDeclined: 'declined',
  pm_card_chargeDeclinedInsufficientFunds: 'insufficient_funds',
  pm_card_chargeDeclinedExpiredCard: 'expired_card',
  pm_sepaDebit: 'async',
}

export function createPaymentMethod(standIn: StandIn, kind: PaymentKind): StoredPaymentMethod {
  const { last4, refusal } = KINDS[kind]
  const method: StoredPaymentMethod = {
    id: newId(standIn, 'pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    created: standIn.clock.seconds(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: kind === 'async' ? 'sepa_debit' : 'card',
    ...(kind === 'async' ? { sepa_debit: sepaDebit(last4) } : { card: card(last4) }),
    refusal,
  }
  standIn.store.paymentMethods.set(method.id, method)
  return method
}

/** Makes it the customer's, and what their invoices and subscriptions are paid with from now on. */
export function attachPaymentMethod(
  standIn: StandIn,
  customer: StoredCustomer,
  method: StoredPaymentMethod,
): void {
  if (method.customer !== customer.id) {
    method.customer = customer.id
    emit(standIn, 'payment_method.attached', method)
  }
  makeDefault(standIn, customer, method.id)
}

export function makeDefault(standIn: StandIn, customer: StoredCustomer, methodId: string): void {
  updateCustomer(standIn, customer, {
    invoice_settings: { ...customer.invoice_settings, default_payment_method: methodId },
  })
  for (const subscription of standIn.store.subscriptions.values()) {
    if (subscription.customer !== customer.id || !isLive(subscription)) continue
    if (subscription.default_payment_method === null) continue
    change(standIn, 'customer.subscription.updated', subscription, () => {
      subscription.default_payment_method = methodId
    })
  }
}

function card(last4: string): NonNullable<StoredPaymentMethod['card']> {
  return {
    brand: 'visa',
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    display_brand: 'visa',
    exp_month: 12,
    exp_year: 2034,
    fingerprint: `stand-in-${last4}`,
    funding: 'credit',
    generated_from: null,
    last4,
    networks: { available: ['visa'], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: null,
  }
}

function sepaDebit(last4: string): NonNullable<StoredPaymentMethod['sepa_debit']> {
  return {
    bank_code: '37040044',
    branch_code: '',
    country: 'DE',
    fingerprint: `stand-in-${last4}`,
    generated_from: null,
    last4,
  }
}
