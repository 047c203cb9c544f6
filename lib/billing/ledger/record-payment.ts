import type { Transaction } from 'kysely'
import { orIgnore } from '../../db/dialect.ts'
import { fitText } from '../../db/fit-text.ts'
import type { Database, PaymentKind, SubscriptionRow } from '../../db/tables.ts'
import { appendEvent } from '../../events/outbox.ts'
import type { Trace } from '../../http/trace.ts'
import { amountText } from '../money.ts'
import type { InvoiceState } from '../stripe-shapes.ts'
import { findBillingCustomer, findSubscription } from './rows.ts'

/** Something that happened to money, which no later state undoes. */
export interface PaymentFact {
  kind: PaymentKind
  /** What makes it unique within its kind. */
  reference: string
  customerId: string | null
  subscriptionId: string | null
  invoiceId: string | null
  paymentIntentId: string | null
  chargeId: string | null
  /** Minor units. */
  amount: number
  currency: string
  reason: string | null
  /** Milliseconds since the epoch. */
  occurredAt: number
  eventId: string
  /** What the events say of it beside that. */
  told: {
    email: string | null
    name: string | null
    invoice?: InvoiceState
    attempt?: number
  }
}

/** Records a fact, and tells of it, unless it is recorded already: each is told once, however often and late it comes. */
export async function recordPayment(
  trx: Transaction<Database>,
  fact: PaymentFact,
  now: number,
  trace: Trace,
): Promise<void> {
  const insert = trx.insertInto('payments').values({
    kind: fact.kind,
    reference: fact.reference,
    invoice_id: fact.invoiceId,
    payment_intent_id: fact.paymentIntentId,
    charge_id: fact.chargeId,
    provider_subscription_id: fact.subscriptionId,
    customer_id: fact.customerId,
    amount: fact.amount,
    currency: fitText(fact.currency.toLowerCase(), 16),
    reason: fact.reason && fitText(fact.reason, 255),
    occurred_at: fact.occurredAt,
    event_id: fact.eventId,
    created_at: now,
  })
  const { numInsertedOrUpdatedRows } = await orIgnore(trx, insert).executeTakeFirst()
  if (numInsertedOrUpdatedRows !== 1n || fact.kind === 'refunded') return

  const { subscription, payload } = await commonPayload(trx, fact)
  if (fact.kind === 'succeeded') {
    const { invoice } = fact.told
    const success = {
      ...payload,
      invoice_pdf: invoice?.invoicePdf ?? '',
      subscription_status: subscription?.status ?? '',
      billingReason: invoice?.billingReason ?? '',
      ...(invoice?.periodEnd && { period_end: new Date(invoice.periodEnd).toISOString() }),
    }
    await appendEvent(trx, 'payment.success', success, now, trace)
    return
  }
  const { attempt } = fact.told
  const declined = { ...payload, reason: fact.reason ?? 'payment_failed', ...(attempt && { attempt }) }
  await appendEvent(trx, 'payment.declined', declined, now, trace)
}

async function commonPayload(trx: Transaction<Database>, fact: PaymentFact) {
  const customer = fact.customerId ? await findBillingCustomer(trx, fact.customerId) : undefined
  const subscription = fact.subscriptionId ? await findSubscription(trx, fact.subscriptionId) : undefined
  const groupId = subscription?.group_id ?? customer?.group_id ?? null
  const email = fact.told.email ?? customer?.email ?? ''
  const currency = fact.currency.toLowerCase()
  return {
    subscription,
    payload: {
      user: {
        id: fact.customerId ?? '',
        email,
        name: fact.told.name ?? customer?.name ?? '',
        ...subIdOf(subscription),
      },
      email,
      amount: amountText(fact.amount, currency),
      amountMinor: fact.amount,
      currency,
      ...(subscription && { subscriptionId: subscription.id }),
      stripeCustomerId: fact.customerId ?? '',
      ...(fact.subscriptionId && { stripeSubscriptionId: fact.subscriptionId }),
      ...(fact.invoiceId && { stripeInvoiceId: fact.invoiceId }),
      ...(fact.paymentIntentId && { stripePaymentIntentId: fact.paymentIntentId }),
      ...(groupId !== null && { organizationId: groupId }),
    },
  }
}

function subIdOf(subscription: SubscriptionRow | undefined) {
  return subscription && { subId: String(subscription.id) }
}
