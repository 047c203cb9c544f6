import type { Kysely } from 'kysely'
import type { BillingCustomerRow, Database, InvoiceRow, SubscriptionRow } from '../../db/tables.ts'

/** Provider of subscriptions that Stripe bills. */
export const STRIPE = 'stripe'

export function findSubscription(db: Kysely<Database>, id: string): Promise<SubscriptionRow | undefined> {
  return db
    .selectFrom('subscriptions')
    .selectAll()
    .where('provider', '=', STRIPE)
    .where('provider_subscription_id', '=', id)
    .executeTakeFirst()
}

export function findBillingCustomer(
  db: Kysely<Database>,
  id: string,
): Promise<BillingCustomerRow | undefined> {
  return db.selectFrom('billing_customers').selectAll().where('customer_id', '=', id).executeTakeFirst()
}

export function findInvoice(db: Kysely<Database>, id: string): Promise<InvoiceRow | undefined> {
  return db.selectFrom('invoices').selectAll().where('invoice_id', '=', id).executeTakeFirst()
}
