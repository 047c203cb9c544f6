import { emit } from './events.ts'
import { newId, type StandIn } from './stand-in.ts'
import type { StoredInvoice, StoredInvoicePayment } from './stored.ts'

/** Ties a payment intent to the invoice that it pays. */
export function createInvoicePayment(
  standIn: StandIn,
  invoice: StoredInvoice,
  paymentIntent: string,
): StoredInvoicePayment {
  const payment: StoredInvoicePayment = {
    id: newId(standIn, 'inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created: standIn.clock.seconds(),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: paymentIntent, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  }
  standIn.store.invoicePayments.set(payment.id, payment)
  return payment
}

/** Writes down how the invoice's payment ended. */
export function closeInvoicePayment(
  standIn: StandIn,
  invoice: StoredInvoice,
  ending: 'paid' | 'canceled',
): void {
  const now = standIn.clock.seconds()
  for (const payment of standIn.store.invoicePayments.values()) {
    if (payment.invoice !== invoice.id || payment.status !== 'open') continue
    payment.status = ending
    payment.amount_paid = ending === 'paid' ? invoice.amount_paid : null
    payment.status_transitions[ending === 'paid' ? 'paid_at' : 'canceled_at'] = now
    if (ending === 'paid') emit(standIn, 'invoice_payment.paid', payment)
  }
}
