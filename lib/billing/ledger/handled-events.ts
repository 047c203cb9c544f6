/** The types of events that the ledger acts on; the webhook endpoint is asked for exactly these. */
export const HANDLED_EVENTS = [
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'checkout.session.expired',
  'customer.created',
  'customer.updated',
  'customer.deleted',
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'customer.subscription.paused',
  'customer.subscription.resumed',
  'customer.subscription.pending_update_applied',
  'customer.subscription.pending_update_expired',
  'customer.subscription.trial_will_end',
  'invoice.finalized',
  'invoice.paid',
  'invoice.payment_succeeded',
  'invoice.payment_failed',
  'invoice.voided',
  'invoice.marked_uncollectible',
  'charge.refunded',
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'price.created',
  'price.updated',
  'price.deleted',
  'product.updated',
  'product.deleted',
] as const

export type HandledEvent = (typeof HANDLED_EVENTS)[number]

const HANDLED: ReadonlySet<string> = new Set(HANDLED_EVENTS)

export function isHandled(type: string): type is HandledEvent {
  return HANDLED.has(type)
}
