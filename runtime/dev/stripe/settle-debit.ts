import { settleInvoice } from './collect-invoice.ts'
import { emit } from './events.ts'
import { settlePayment } from './payment-intents.ts'
import type { StandIn } from './stand-in.ts'
import type { StoredCheckoutSession } from './stored.ts'
import { found } from './stripe-error.ts'

/** A bank answers a debit: for the invoice that it pays, and the checkout that waits for it. */
export function settleDebit(standIn: StandIn, intentId: string, ok: boolean): void {
  const { store } = standIn
  const intent = found(store.paymentIntents, 'payment_intent', intentId)
  const invoice = store.invoices.get(intent.invoice ?? '')
  if (invoice) settleInvoice(standIn, invoice, ok)
  else settlePayment(standIn, intent, ok)

  const session = [...store.checkoutSessions.values()].find((candidate) =>
    invoice ? candidate.invoice === invoice.id : candidate.payment_intent === intentId,
  )
  if (session?.status === 'complete' && session.payment_status === 'unpaid') tell(standIn, session, ok)
}

function tell(standIn: StandIn, session: StoredCheckoutSession, ok: boolean): void {
  if (ok) session.payment_status = 'paid'
  emit(standIn, `checkout.session.async_payment_${ok ? 'succeeded' : 'failed'}`, session)
}
