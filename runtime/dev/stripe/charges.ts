import { newId, type StandIn } from './stand-in.ts'
import type { StoredCharge, StoredPaymentIntent, StoredPaymentMethod } from './stored.ts'

const MESSAGES: Record<string, string> = {
  insufficient_funds: 'Your card has insufficient funds.',
  expired_card: 'Your card has expired.',
  generic_decline: 'Your card was declined.',
}

/** What a bank says to a payment that is declined. */
export function declineOf(refusal: string): { code: string; decline_code: string; message: string } {
  return {
    code: refusal === 'expired_card' ? 'expired_card' : 'card_declined',
    decline_code: refusal,
    message: MESSAGES[refusal] ?? 'Your card was declined.',
  }
}

/** One attempt to move money; the caller says how it ended. */
export function createCharge(
  standIn: StandIn,
  intent: StoredPaymentIntent,
  method: StoredPaymentMethod,
  status: StoredCharge['status'],
): StoredCharge {
  const decline = status === 'failed' ? declineOf(method.refusal ?? 'generic_decline') : null
  const id = newId(standIn, 'ch')
  const charge: StoredCharge = {
    id,
    object: 'charge',
    amount: intent.amount,
    amount_captured: status === 'succeeded' ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: status === 'succeeded' ? newId(standIn, 'txn') : null,
    billing_details: { ...method.billing_details, email: intent.receipt_email },
    calculated_statement_descriptor: 'STAND-IN',
    captured: status === 'succeeded',
    created: standIn.clock.seconds(),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    invoice: intent.invoice,
    livemode: false,
    metadata: { ...intent.metadata },
    on_behalf_of: null,
    outcome: outcomeOf(decline?.decline_code ?? null, status),
    paid: status === 'succeeded',
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: detailsOf(method),
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: status === 'succeeded' ? `${standIn.baseUrl()}/receipt/${id}` : null,
    refund_items: [],
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status,
    transfer_data: null,
    transfer_group: null,
  }
  standIn.store.charges.set(id, charge)
  return charge
}

function outcomeOf(declineCode: string | null, status: StoredCharge['status']): StoredCharge['outcome'] {
  const declined = status === 'failed'
  return {
    advice_code: declined ? 'try_again_later' : null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: declined ? 'declined_by_network' : 'approved_by_network',
    reason: declineCode,
    risk_level: 'normal',
    seller_message: declined ? 'The bank did not return any further details.' : 'Payment complete.',
    type: declined ? 'issuer_declined' : 'authorized',
  }
}

/** Of a card that was charged less is told than of one that is kept. */
function detailsOf({
  type,
  card,
  sepa_debit: debit,
}: StoredPaymentMethod): StoredCharge['payment_method_details'] {
  const details: Record<string, unknown> = { type }
  if (card) {
    const { display_brand: _, generated_from: __, networks, three_d_secure_usage: ___, ...charged } = card
    details['card'] = { ...charged, network: networks?.available[0] ?? null, three_d_secure: null }
  }
  if (debit) {
    const { generated_from: _, ...charged } = debit
    details['sepa_debit'] = { ...charged, mandate: null }
  }
  return details as unknown as StoredCharge['payment_method_details']
}
