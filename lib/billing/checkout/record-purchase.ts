import type { Transaction } from 'kysely'
import type Stripe from 'stripe'
import type { Config } from '../../config.ts'
import { orIgnore } from '../../db/dialect.ts'
import type { CheckoutReservationRow, Database } from '../../db/tables.ts'
import { STRIPE } from '../ledger/rows.ts'
import { tierOf } from '../ledger/tier-of.ts'
import { idOf } from '../stripe-fields.ts'

/**
 * Writes what a price that is paid once has bought: a subscription without an end, under the id of its checkout session. It belongs to
 * no group until it is linked.
 */
export async function recordPurchase(
  trx: Transaction<Database>,
  { config }: { config: Pick<Config, 'tiers'> },
  { id, lookup_key: lookupKey }: CheckoutReservationRow,
  session: Stripe.Checkout.Session,
  now: number,
): Promise<void> {
  const { tierName } = tierOf(config.tiers, [{ priceId: null, lookupKey, quantity: 1 }])
  const row = {
    group_id: null,
    tier_name: tierName,
    provider: STRIPE,
    provider_subscription_id: session.id,
    provider_customer_id: idOf(session.customer) ?? null,
    status: 'active',
    started_at: session.created * 1000,
    ends_at: null,
    created_at: now,
    updated_at: now,
    lookup_key: lookupKey,
    reservation_id: id,
    livemode: session.livemode ? 1 : 0,
    as_of: session.created * 1000,
  }
  await orIgnore(trx, trx.insertInto('subscriptions').values(row)).execute()
}
