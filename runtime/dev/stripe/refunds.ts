import { change, emit } from './events.ts'
import { newId, type StandIn } from './stand-in.ts'
import type { StoredCharge, StoredRefund } from './stored.ts'
import { invalidRequest } from './stripe-error.ts'

export interface NewRefund {
  /** Minor units; default all that has not been given back. */
  amount?: number
  reason?: 'duplicate' | 'fraudulent' | 'requested_by_customer' | null
  metadata?: Record<string, string>
}

/** @throws 400 when the charge has not that much left */
export function createRefund(standIn: StandIn, charge: StoredCharge, wanted: NewRefund = {}): StoredRefund {
  const left = charge.amount_captured - charge.amount_refunded
  if (charge.status !== 'succeeded')
    throw invalidRequest('This charge is not successful, so it cannot be refunded.')
  if (left === 0) {
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, {
      code: 'charge_already_refunded',
    })
  }
  const amount = wanted.amount ?? left
  if (amount > left || amount < 1) {
    throw invalidRequest(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      param: 'amount',
    })
  }
  const refund = newRefund(standIn, charge, amount, wanted)
  standIn.store.refunds.set(refund.id, refund)
  change(standIn, 'charge.refunded', charge, () => {
    charge.amount_refunded += amount
    charge.refunded = charge.amount_refunded === charge.amount_captured
    charge.refund_items = [refund, ...charge.refund_items]
  })
  emit(standIn, 'refund.created', refund)
  return refund
}

function newRefund(standIn: StandIn, charge: StoredCharge, amount: number, wanted: NewRefund): StoredRefund {
  return {
    id: newId(standIn, 're'),
    object: 'refund',
    amount,
    balance_transaction: newId(standIn, 'txn'),
    charge: charge.id,
    created: standIn.clock.seconds(),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    metadata: wanted.metadata ?? {},
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: wanted.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  }
}
