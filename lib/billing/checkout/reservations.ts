import type { Kysely, Transaction } from 'kysely'
import { forUpdate, orIgnore } from '../../db/dialect.ts'
import type { CheckoutReservationRow, Database } from '../../db/tables.ts'

export interface NewReservation {
  id: string
  name: string
  identity: string
  userId: number
  /** The buyer's own group that checkout attaches to. */
  groupId: number | null
  longName: string
  lookupKey: string
  /** Milliseconds since the epoch, a whole second: Stripe's session ends at the same moment. */
  expiresAt: number
}

/** Holds the name. @returns whether it took: another reservation may hold the name */
export async function insertReservation(
  trx: Transaction<Database>,
  reservation: NewReservation,
  now: number,
): Promise<boolean> {
  const { id, name, identity } = reservation
  const row = {
    id,
    name,
    held_name: name,
    identity,
    user_id: reservation.userId,
    group_id: reservation.groupId,
    long_name: reservation.longName,
    lookup_key: reservation.lookupKey,
    state: 'open' as const,
    session_id: null,
    provider_subscription_id: null,
    expires_at: reservation.expiresAt,
    created_at: now,
    updated_at: now,
  }
  const insert = orIgnore(trx, trx.insertInto('checkout_reservations').values(row))
  return (await insert.executeTakeFirst()).numInsertedOrUpdatedRows === 1n
}

/** Gives the reservation its Stripe session. @returns false when it was released meanwhile */
export async function storeSession(
  db: Kysely<Database>,
  id: string,
  sessionId: string,
  now: number,
): Promise<boolean> {
  const update = db
    .updateTable('checkout_reservations')
    .set({ session_id: sessionId, updated_at: now })
    .where('id', '=', id)
    .where('state', '=', 'open')
    .where('session_id', 'is', null)
  return (await update.executeTakeFirst()).numUpdatedRows === 1n
}

/** Who holds a name, be it lapsed. */
export function findHolder(db: Kysely<Database>, name: string): Promise<CheckoutReservationRow | undefined> {
  const query = db.selectFrom('checkout_reservations').selectAll()
  return query.where('held_name', '=', name).executeTakeFirst()
}

/**
 * Whether a reservation holds the name, lapsed or not. It waits for one that is just being made: whoever wrote a group of that name
 * before asking either sees the reservation, or is seen by it.
 */
export async function isNameHeld(trx: Transaction<Database>, name: string): Promise<boolean> {
  const query = trx.selectFrom('checkout_reservations').select('id').where('held_name', '=', name)
  return (await forUpdate(trx, query).executeTakeFirst()) !== undefined
}

export function findReservationBySession(
  db: Kysely<Database>,
  sessionId: string,
): Promise<CheckoutReservationRow | undefined> {
  const query = db.selectFrom('checkout_reservations').selectAll()
  return query.where('session_id', '=', sessionId).executeTakeFirst()
}

export function findReservation(
  db: Kysely<Database>,
  id: string,
): Promise<CheckoutReservationRow | undefined> {
  return db.selectFrom('checkout_reservations').selectAll().where('id', '=', id).executeTakeFirst()
}

/** The reservation, locked until the transaction ends. */
export function lockReservation(trx: Transaction<Database>, id: string): Promise<CheckoutReservationRow> {
  const query = trx.selectFrom('checkout_reservations').selectAll().where('id', '=', id)
  return forUpdate(trx, query).executeTakeFirstOrThrow()
}

/** How many names an identity holds by open checkouts. The caller holds the lock on the user's row. */
export async function countOpenReservations(
  trx: Transaction<Database>,
  identity: string,
  now: number,
): Promise<number> {
  const query = trx
    .selectFrom('checkout_reservations')
    .select('id')
    .where('identity', '=', identity)
    .where('state', '=', 'open')
    .where('expires_at', '>', now)
  return (await query.execute()).length
}

/** Reservations whose time is over although nobody told how they ended, oldest first. */
export function findLapsedReservations(
  db: Kysely<Database>,
  now: number,
  limit: number,
): Promise<CheckoutReservationRow[]> {
  return db
    .selectFrom('checkout_reservations')
    .selectAll()
    .where('held_name', 'is not', null)
    .where('expires_at', '<=', now)
    .orderBy('expires_at')
    .limit(limit)
    .execute()
}
