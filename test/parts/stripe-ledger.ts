import type { Kysely } from 'kysely'
import type { Database } from '../../lib/db/tables.ts'
import type { StripeStandIn } from '../../runtime/dev/stripe/stripe-stand-in.ts'
import type { History } from './stripe-history.ts'

type Fields = Record<string, unknown>

/** What the ledger says, and what is true, in one form: by id, times in seconds. */
export interface Ledger {
  subscriptions: Record<string, Fields>
  customers: Record<string, Fields>
  invoices: Record<string, Fields>
  succeeded: Record<string, number>
  declined: string[]
  refunded: Record<string, number>
}

/** The ledger as it is written. */
export async function writtenLedger(db: Kysely<Database>): Promise<Ledger> {
  const groups = new Map(
    (await db.selectFrom('groups').select(['id', 'name']).execute()).map(({ id, name }) => [id, name]),
  )
  const groupOf = (id: number | null) => (id === null ? null : groups.get(id))
  const bySubscription = await db
    .selectFrom('subscriptions')
    .selectAll()
    .where('provider', '=', 'stripe')
    .execute()
  const customers = await db.selectFrom('billing_customers').selectAll().execute()
  const invoices = await db.selectFrom('invoices').selectAll().execute()
  const payments = await db.selectFrom('payments').select(['kind', 'reference', 'amount']).execute()
  const facts = (kind: string) => payments.filter((one) => one.kind === kind)
  return {
    subscriptions: byId(bySubscription, (row) => row.provider_subscription_id, {
      customer: (row) => row.provider_customer_id,
      status: (row) => row.status,
      price: (row) => row.price_id,
      tier: (row) => row.tier_name,
      quantity: (row) => row.quantity,
      periodStart: (row) => seconds(row.period_start),
      periodEnd: (row) => seconds(row.period_end),
      trialEnd: (row) => seconds(row.trial_ends_at),
      cancelAt: (row) => seconds(row.cancel_at),
      cancelAtPeriodEnd: (row) => row.cancel_at_period_end === 1,
      canceledAt: (row) => seconds(row.canceled_at),
      endedAt: (row) => seconds(row.ended_at),
      group: (row) => groupOf(row.group_id),
    }),
    customers: byId(customers, (row) => row.customer_id, {
      deleted: (row) => row.deleted === 1,
      // What is kept of one that was deleted depends on what was told first.
      email: (row) => (row.deleted === 1 ? null : row.email),
      name: (row) => (row.deleted === 1 ? null : row.name),
      group: (row) => groupOf(row.group_id),
    }),
    invoices: byId(invoices, (row) => row.invoice_id, {
      customer: (row) => row.customer_id,
      subscription: (row) => row.provider_subscription_id,
      status: (row) => row.status,
      currency: (row) => row.currency,
      due: (row) => row.amount_due,
      paid: (row) => row.amount_paid,
      remaining: (row) => row.amount_remaining,
      total: (row) => row.total,
      attempts: (row) => row.attempt_count,
      reason: (row) => row.billing_reason,
      paidAt: (row) => seconds(row.paid_at),
    }),
    succeeded: Object.fromEntries(facts('succeeded').map(({ reference, amount }) => [reference, amount])),
    declined: facts('declined')
      .map(({ reference }) => reference)
      .sort(),
    refunded: Object.fromEntries(facts('refunded').map(({ reference, amount }) => [reference, amount])),
  }
}

/** What the ledger has to say once everything has been told: the state of the stand-in. */
export function trueLedger({ state }: StripeStandIn, { groupOf }: History): Ledger {
  const owner = (customer: string | null) => (customer && groupOf(customer)) ?? null
  const events = state.events().map((event) => ({ ...event, object: JSON.parse(event.object) }))
  const ofType = (type: string) => events.filter((event) => event.type === type).map(({ object }) => object)
  const deleted = ofType('customer.deleted').map(({ id }) => ({ id, deleted: true, email: null, name: null }))
  const alone = state.paymentIntents().filter(({ invoice }) => invoice === null)
  return {
    subscriptions: byId(state.subscriptions(), ({ id }) => id, {
      customer: ({ customer }) => customer,
      status: ({ status }) => status,
      price: ({ items }) => items.data[0]!.price.id,
      tier: ({ items }) => items.data[0]!.price.lookup_key,
      quantity: ({ items }) => items.data[0]!.quantity,
      periodStart: ({ items }) => items.data[0]!.current_period_start,
      periodEnd: ({ items }) => items.data[0]!.current_period_end,
      trialEnd: (one) => one.trial_end,
      cancelAt: (one) => one.cancel_at,
      cancelAtPeriodEnd: (one) => one.cancel_at_period_end,
      canceledAt: (one) => one.canceled_at,
      endedAt: (one) => one.ended_at,
      group: ({ customer }) => owner(customer),
    }),
    customers: byId([...state.customers(), ...deleted], ({ id }) => id, {
      deleted: (one) => one.deleted === true,
      email: ({ email }) => email,
      name: ({ name }) => name ?? null,
      group: ({ id }) => owner(id),
    }),
    invoices: byId(
      state.invoices().filter(({ status }) => status !== 'draft'),
      ({ id }) => id!,
      {
        customer: ({ customer }) => customer,
        subscription: ({ parent }) => parent?.subscription_details?.subscription ?? null,
        status: ({ status }) => status,
        currency: ({ currency }) => currency,
        due: (one) => one.amount_due,
        paid: (one) => one.amount_paid,
        remaining: (one) => one.amount_remaining,
        total: (one) => one.total,
        attempts: (one) => one.attempt_count,
        reason: (one) => one.billing_reason,
        paidAt: (one) => one.status_transitions.paid_at,
      },
    ),
    succeeded: Object.fromEntries([
      ...state
        .invoices()
        .filter(({ status }) => status === 'paid')
        .map(({ id, amount_paid: amount }) => [id, amount]),
      ...alone.filter(({ status }) => status === 'succeeded').map(({ id, amount }) => [id, amount]),
    ]),
    declined: [
      ...new Set([
        ...ofType('invoice.payment_failed').map(({ id, attempt_count: attempt }) => `${id}:${attempt}`),
        ...ofType('payment_intent.payment_failed')
          .filter(({ invoice }) => invoice === null)
          .map(({ id, latest_charge: charge }) => `${id}:${charge}`),
      ]),
    ].sort(),
    refunded: Object.fromEntries(
      events
        .filter(({ type }) => type === 'charge.refunded')
        .map(({ object, before }) => [
          `${object.id}:${object.amount_refunded}`,
          object.amount_refunded - JSON.parse(before!).amount_refunded,
        ]),
    ),
  }
}

/** Where the ledger differs from what is true, a line for each entry. */
export function differences(truth: Ledger, written: Ledger): string[] {
  return (Object.keys(truth) as (keyof Ledger)[]).flatMap((kind) => {
    const [wanted, found] = [entries(truth[kind]), entries(written[kind])]
    return [...new Set([...wanted.keys(), ...found.keys()])]
      .filter((id) => wanted.get(id) !== found.get(id))
      .map((id) => `${kind} ${id}: ${found.get(id) ?? 'missing'}, but true is ${wanted.get(id) ?? 'none'}`)
  })
}

function entries(kind: Ledger[keyof Ledger]): Map<string, string> {
  return Array.isArray(kind)
    ? new Map(kind.map((id) => [id, 'there']))
    : new Map(Object.entries(kind).map(([id, value]) => [id, JSON.stringify(value)]))
}

function byId<T>(
  rows: readonly T[],
  id: (row: T) => string,
  fields: Record<string, (row: T) => unknown>,
): Record<string, Fields> {
  return Object.fromEntries(
    rows.map((row) => [
      id(row),
      Object.fromEntries(Object.entries(fields).map(([name, read]) => [name, read(row)])),
    ]),
  )
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000
}
