import type { Transaction } from 'kysely'
import { orIgnore } from '../../db/dialect.ts'
import { fitText } from '../../db/fit-text.ts'
import type { BillingCustomerRow, Database } from '../../db/tables.ts'
import type { Trace } from '../../http/trace.ts'
import type { CustomerState } from '../stripe-shapes.ts'
import { LedgerConflictError, type LedgerServices, type StateTime } from './ledger-services.ts'
import { linkCustomer } from './link.ts'
import { findNamedGroup } from './owner.ts'

export interface CustomerWrite {
  known: BillingCustomerRow | undefined
  state: CustomerState
  time: StateTime
}

/** Writes what Stripe tells of a customer; one whose metadata names a group pays for it. @throws {LedgerConflictError} */
export async function writeCustomer(
  trx: Transaction<Database>,
  services: Pick<LedgerServices, 'config'>,
  { known, state, time }: CustomerWrite,
  now: number,
  trace: Trace,
): Promise<void> {
  const values = {
    // Of a deleted customer Stripe tells nothing more; it stays deleted.
    email: state.deleted ? (known?.email ?? null) : state.email && fitText(state.email, 512),
    name: state.deleted ? (known?.name ?? null) : state.name && fitText(state.name, 255),
    deleted: state.deleted || known?.deleted ? 1 : 0,
    named_group: fitted(state.namedGroup) ?? (state.deleted ? (known?.named_group ?? null) : null),
    livemode: state.deleted ? (known?.livemode ?? 0) : Number(state.livemode),
    as_of: Math.max(time.asOf, known?.as_of ?? 0),
    last_event_id: time.eventId ?? known?.last_event_id ?? null,
    updated_at: now,
  }
  if (known) {
    const { numUpdatedRows } = await trx
      .updateTable('billing_customers')
      .set({ ...values, version: known.version + 1 })
      .where('customer_id', '=', known.customer_id)
      .where('version', '=', known.version)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw new LedgerConflictError()
  } else {
    const row = { ...values, customer_id: state.id, group_id: null, created_at: now }
    const insert = orIgnore(trx, trx.insertInto('billing_customers').values(row))
    if ((await insert.executeTakeFirst()).numInsertedOrUpdatedRows !== 1n) throw new LedgerConflictError()
  }
  if (known && known.group_id !== null) return
  const group = await findNamedGroup(trx, state.namedGroup)
  if (group) await linkCustomer(trx, services, state.id, group.id, now, trace)
}

function fitted(name: string | null): string | null {
  return name && fitText(name, 255)
}
