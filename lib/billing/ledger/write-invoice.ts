import type { Transaction } from 'kysely'
import { orIgnore } from '../../db/dialect.ts'
import { fitText } from '../../db/fit-text.ts'
import type { Database, InvoiceRow } from '../../db/tables.ts'
import type { InvoiceState } from '../stripe-shapes.ts'
import { LedgerConflictError, type StateTime } from './ledger-services.ts'

export interface InvoiceWrite {
  known: InvoiceRow | undefined
  state: InvoiceState
  time: StateTime
}

/** Writes the state of an invoice. @throws {LedgerConflictError} */
export async function writeInvoice(
  trx: Transaction<Database>,
  { known, state, time }: InvoiceWrite,
  now: number,
): Promise<void> {
  const values = {
    number: state.number && fitText(state.number, 255),
    customer_id: state.customerId,
    provider_subscription_id: state.subscriptionId,
    // What is paid or void stays so.
    status: known && isFinal(known.status) ? known.status : fitText(state.status, 32),
    currency: fitText(state.currency.toLowerCase(), 16),
    amount_due: state.amountDue,
    amount_paid: state.amountPaid,
    amount_remaining: state.amountRemaining,
    total: state.total,
    attempt_count: state.attemptCount,
    billing_reason: state.billingReason && fitText(state.billingReason, 64),
    invoice_pdf: state.invoicePdf && fitText(state.invoicePdf, 2048),
    hosted_invoice_url: state.hostedInvoiceUrl && fitText(state.hostedInvoiceUrl, 2048),
    period_start: state.periodStart,
    period_end: state.periodEnd,
    paid_at: state.paidAt,
    livemode: state.livemode ? 1 : 0,
    as_of: Math.max(time.asOf, known?.as_of ?? 0),
    last_event_id: time.eventId ?? known?.last_event_id ?? null,
    updated_at: now,
  }
  if (known) {
    const { numUpdatedRows } = await trx
      .updateTable('invoices')
      .set({ ...values, version: known.version + 1 })
      .where('invoice_id', '=', known.invoice_id)
      .where('version', '=', known.version)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw new LedgerConflictError()
    return
  }
  const row = { ...values, invoice_id: state.id, created_at: state.createdAt }
  const insert = orIgnore(trx, trx.insertInto('invoices').values(row))
  if ((await insert.executeTakeFirst()).numInsertedOrUpdatedRows !== 1n) throw new LedgerConflictError()
}

function isFinal(status: string): boolean {
  return status === 'paid' || status === 'void'
}
