import type { Kysely } from 'kysely'
import type { Database, SubscriptionRow } from '../../db/tables.ts'
import { normaliseSlug } from '../../identity/slug.ts'
import type { NamedGroup } from './subscription-events.ts'

interface Owned {
  knownGroupId: number | null
  customerId: string | null
  namedGroup: string | null
  reservationId: string | null
}

/**
 * The group that a subscription belongs to: the one that it was linked to, else that of its customer, else the one that its or its
 * customer's metadata names. What a checkout made belongs to nobody before the checkout is bound, whatever it names: its name may be
 * another's by now, or another's here when another deployment with the same Stripe account made it.
 */
export async function groupOfSubscription(
  db: Kysely<Database>,
  { knownGroupId, customerId, namedGroup, reservationId }: Owned,
): Promise<NamedGroup | undefined> {
  if (knownGroupId !== null) return findGroupById(db, knownGroupId)
  if (reservationId !== null && (await isReservation(db, reservationId))) return undefined
  const customer = customerId === null ? undefined : await findCustomer(db, customerId)
  if (customer && customer.group_id !== null) return findGroupById(db, customer.group_id)
  if (reservationId !== null) return undefined
  return (await findNamedGroup(db, namedGroup)) ?? (await findNamedGroup(db, customer?.named_group ?? null))
}

/** What a row tells of whose it is. */
export function ownedOf(row: SubscriptionRow): Owned {
  return {
    knownGroupId: row.group_id,
    customerId: row.provider_customer_id,
    namedGroup: row.named_group,
    reservationId: row.reservation_id,
  }
}

/** A group by its slug or id, as metadata names it. */
export async function findNamedGroup(
  db: Kysely<Database>,
  name: string | null,
): Promise<NamedGroup | undefined> {
  if (!name) return undefined
  if (/^\d{1,15}$/.test(name.trim())) return findGroupById(db, Number(name))
  const query = db.selectFrom('groups').select(['id', 'name'])
  return query.where('name', '=', normaliseSlug(name)).executeTakeFirst()
}

export function findGroupById(db: Kysely<Database>, id: number): Promise<NamedGroup | undefined> {
  return db.selectFrom('groups').select(['id', 'name']).where('id', '=', id).executeTakeFirst()
}

function findCustomer(db: Kysely<Database>, id: string) {
  const query = db.selectFrom('billing_customers').select(['group_id', 'named_group'])
  return query.where('customer_id', '=', id).executeTakeFirst()
}

async function isReservation(db: Kysely<Database>, id: string): Promise<boolean> {
  const query = db.selectFrom('checkout_reservations').select('id').where('id', '=', id)
  return (await query.executeTakeFirst()) !== undefined
}
