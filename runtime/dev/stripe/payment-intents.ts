import { createCharge, declineOf } from './charges.ts'
import { change, emit } from './events.ts'
import { newId, type StandIn } from './stand-in.ts'
import type { StoredCharge, StoredPaymentIntent, StoredPaymentMethod } from './stored.ts'

export interface NewPaymentIntent {
  /** Minor units. */
  amount: number
  currency: string
  customer?: string | null
  invoice?: string | null
  description?: string | null
  receiptEmail?: string | null
  metadata?: Record<string, string>
}

/** How an attempt to pay ended. A debit is `processing` until its bank answers. */
export type PaymentOutcome = 'succeeded' | 'failed' | 'processing'

/** How long a bank takes to answer a debit. */
const DEBIT_SECONDS = 5 * 86_400

export function createPaymentIntent(standIn: StandIn, wanted: NewPaymentIntent): StoredPaymentIntent {
  const id = newId(standIn, 'pi')
  const intent: StoredPaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: wanted.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic',
    client_secret: `${id}_secret_${newId(standIn, 'k', 20)}`,
    confirmation_method: 'automatic',
    created: standIn.clock.seconds(),
    currency: wanted.currency,
    customer: wanted.customer ?? null,
    customer_account: null,
    description: wanted.description ?? null,
    excluded_payment_method_types: null,
    invoice: wanted.invoice ?? null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: wanted.metadata ?? {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: wanted.receiptEmail ?? null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  }
  standIn.store.paymentIntents.set(id, intent)
  emit(standIn, 'payment_intent.created', intent)
  return intent
}

/** Tries to move the money. A debit of a bank that has refused it before fails at once. */
export function confirmPaymentIntent(
  standIn: StandIn,
  intent: StoredPaymentIntent,
  method: StoredPaymentMethod,
): PaymentOutcome {
  intent.payment_method = method.id
  intent.payment_method_types = [method.type]
  if (method.refusal !== null) return failPayment(standIn, intent, method)
  if (method.type === 'sepa_debit') {
    const charge = createCharge(standIn, intent, method, 'pending')
    intent.latest_charge = charge.id
    intent.status = 'processing'
    standIn.agenda.set(
      'debit-settles',
      intent.id,
      standIn.clock.seconds() + DEBIT_SECONDS,
      testClockOf(standIn, intent),
    )
    emit(standIn, 'payment_intent.processing', intent)
    emit(standIn, 'charge.pending', charge)
    return 'processing'
  }
  const charge = createCharge(standIn, intent, method, 'succeeded')
  succeed(standIn, intent, charge)
  emit(standIn, 'charge.succeeded', charge)
  return 'succeeded'
}

/** The bank's late answer to a debit, which comes by itself after five days. */
export function settlePayment(standIn: StandIn, intent: StoredPaymentIntent, ok: boolean): PaymentOutcome {
  const charge = standIn.store.charges.get(intent.latest_charge ?? '')
  const method = standIn.store.paymentMethods.get(intent.payment_method ?? '')
  if (!charge || !method || intent.status !== 'processing') throw new Error(`${intent.id} is not processing`)

  standIn.agenda.set('debit-settles', intent.id, null)
  if (!ok) {
    method.refusal = 'generic_decline'
    Object.assign(charge, failureOf(method.refusal))
    return recordFailure(standIn, intent, charge, method)
  }
  const balanceTransaction = newId(standIn, 'txn')
  succeed(standIn, intent, charge)
  change(standIn, 'charge.succeeded', charge, () => {
    charge.status = 'succeeded'
    charge.paid = true
    charge.captured = true
    charge.amount_captured = charge.amount
    charge.balance_transaction = balanceTransaction
  })
  return 'succeeded'
}

export function cancelPaymentIntent(
  standIn: StandIn,
  intent: StoredPaymentIntent,
  reason: StoredPaymentIntent['cancellation_reason'],
): void {
  if (intent.status === 'succeeded' || intent.status === 'canceled') return
  intent.status = 'canceled'
  intent.canceled_at = standIn.clock.seconds()
  intent.cancellation_reason = reason
  emit(standIn, 'payment_intent.canceled', intent)
}

function testClockOf({ store }: StandIn, { customer }: StoredPaymentIntent): string | null {
  return store.customers.get(customer ?? '')?.test_clock ?? null
}

function failPayment(
  standIn: StandIn,
  intent: StoredPaymentIntent,
  method: StoredPaymentMethod,
): PaymentOutcome {
  return recordFailure(standIn, intent, createCharge(standIn, intent, method, 'failed'), method)
}

function recordFailure(
  standIn: StandIn,
  intent: StoredPaymentIntent,
  charge: StoredCharge,
  method: StoredPaymentMethod,
): PaymentOutcome {
  const { refusal: _, ...shownMethod } = method
  intent.latest_charge = charge.id
  intent.status = 'requires_payment_method'
  intent.payment_method = null
  intent.last_payment_error = {
    type: 'card_error',
    charge: charge.id,
    payment_method: shownMethod,
    ...declineOf(method.refusal ?? 'generic_decline'),
  } as unknown as StoredPaymentIntent['last_payment_error']
  emit(standIn, 'charge.failed', charge)
  emit(standIn, 'payment_intent.payment_failed', intent)
  return 'failed'
}

function succeed(standIn: StandIn, intent: StoredPaymentIntent, charge: StoredCharge): void {
  intent.latest_charge = charge.id
  intent.amount_received = intent.amount
  intent.last_payment_error = null
  intent.status = 'succeeded'
  emit(standIn, 'payment_intent.succeeded', intent)
}

function failureOf(refusal: string): Partial<StoredCharge> {
  const decline = declineOf(refusal)
  return { status: 'failed', paid: false, failure_code: decline.code, failure_message: decline.message }
}
