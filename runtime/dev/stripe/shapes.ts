import { planOf } from './prices.ts'
import type { StoredPrice } from './stored.ts'

/** In any shape: what a resource looks like depends on the version. */
export type Shown = Record<string, unknown>

/** The version of the `stripe` package that this stand-in was built from. */
export const CURRENT_VERSION = '2026-10-28.endive'

/** Items gained the periods, and invoices lost the payment intent, the charge and the subscription. */
const BASIL = '2025-03-31'
/** Charges no longer showed their refunds. */
const WITHOUT_REFUNDS = '2022-11-15'
/** Prices took the place of plans. */
const PRICES = '2020-08-27'

/** A copy of a stored resource, with all that stands in it, as an API version shows it. An event keeps the shape of its day. */
export function inShape(value: unknown, version: string): unknown {
  if (Array.isArray(value)) return value.map((item) => inShape(item, version))
  if (value === null || typeof value !== 'object') return value
  if ((value as Shown)['object'] === 'event') return value

  const { refund_items: refunds, ...rest } = value as Shown
  const shown: Shown = version < BASIL ? periodOf(rest) : {}
  for (const [name, item] of Object.entries(rest)) shown[name] = inShape(item, version)
  if (version < WITHOUT_REFUNDS && refunds) shown['refunds'] ??= refundList(shown, inShape(refunds, version))
  hideOwn(shown)
  if (version >= BASIL) hideOld(shown)
  else addOld(shown, version)
  return shown
}

/** What the stand-in keeps for itself. */
function hideOwn(shown: Shown): void {
  if (shown['object'] === 'payment_method') delete shown['refusal']
  if (shown['object'] === 'webhook_endpoint') delete shown['secrets']
  if (shown['object'] === 'checkout.session') {
    for (const name of ['items', 'attempt_intent', 'subscription_data', 'intent_metadata']) delete shown[name]
  }
}

function hideOld(shown: Shown): void {
  if (shown['object'] === 'charge' || shown['object'] === 'payment_intent') delete shown['invoice']
  if (shown['object'] === 'line_item') delete shown['price']
  if (shown['object'] === 'invoice') {
    delete shown['payment_intent']
    delete shown['charge']
  }
}

function addOld(shown: Shown, version: string): void {
  switch (shown['object']) {
    case 'subscription':
      asOldSubscription(shown)
      return
    case 'subscription_item':
      delete shown['current_period_start']
      delete shown['current_period_end']
      delete shown['current_trial']
      if (version < PRICES) delete shown['price']
      return
    case 'invoice':
      asOldInvoice(shown)
      return
    case 'line_item':
      asOldLine(shown, version)
      return
    case 'checkout.session':
      shown['ui_mode'] = 'hosted'
      return
  }
}

/** Items that lose their period give it to the subscription. */
function periodOf(stored: Shown): Shown {
  const items = stored['items'] as { data?: Shown[] } | undefined
  const first = stored['object'] === 'subscription' ? items?.data?.[0] : undefined
  if (!first) return {}
  return {
    current_period_start: first['current_period_start'],
    current_period_end: first['current_period_end'],
  }
}

function asOldSubscription(shown: Shown): void {
  const items = shown['items'] as { data: Shown[] } | undefined
  const first = items?.data[0]
  shown['plan'] = first?.['plan'] ?? null
  shown['quantity'] = first?.['quantity'] ?? null
  shown['discount'] = null
  for (const name of ['billing_mode', 'billing_schedules', 'managed_payments', 'customer_account'])
    delete shown[name]
}

function asOldInvoice(shown: Shown): void {
  const parent = shown['parent'] as { subscription_details: Shown | null } | null
  shown['subscription'] = parent?.subscription_details?.['subscription'] ?? null
  shown['subscription_details'] = { metadata: parent?.subscription_details?.['metadata'] ?? null }
  shown['paid'] = shown['status'] === 'paid'
  shown['paid_out_of_band'] = false
  shown['discount'] = null
  shown['tax'] = null
  shown['total_tax_amounts'] = []
  for (const name of ['parent', 'total_taxes', 'amount_overpaid', 'customer_account']) delete shown[name]
}

function asOldLine(shown: Shown, version: string): void {
  const parent = shown['parent'] as { subscription_item_details: Shown | null } | null
  const details = parent?.subscription_item_details
  const price = shown['price'] as StoredPrice
  shown['plan'] = planOf(price)
  shown['proration'] = details?.['proration'] ?? false
  shown['proration_details'] = { credited_items: null }
  shown['subscription_item'] = details?.['subscription_item'] ?? null
  shown['type'] = details?.['proration'] ? 'invoiceitem' : 'subscription'
  shown['tax_amounts'] = []
  shown['tax_rates'] = []
  if (shown['type'] === 'invoiceitem') shown['invoice_item'] = details?.['invoice_item'] ?? null
  for (const name of ['parent', 'pricing', 'taxes', 'quantity_decimal', 'subtotal']) delete shown[name]
  if (version < PRICES) delete shown['price']
}

function refundList(charge: Shown, refunds: unknown): Shown {
  return { object: 'list', data: refunds, has_more: false, url: `/v1/charges/${charge['id']}/refunds` }
}
