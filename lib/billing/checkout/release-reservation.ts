import type { Kysely } from 'kysely'
import type { Database } from '../../db/tables.ts'

/**
 * Frees the name of a session that ended without a payment: `checkout.session.expired`, or `async_payment_failed`. A reservation
 * that is completed stays so.
 * @returns whether it held a name until now
 */
export function releaseReservation(db: Kysely<Database>, sessionId: string, now: number): Promise<boolean> {
  return release(db, 'session_id', sessionId, now)
}

/** The same for one that may have no session. */
export function releaseReservationById(db: Kysely<Database>, id: string, now: number): Promise<boolean> {
  return release(db, 'id', id, now)
}

async function release(
  db: Kysely<Database>,
  column: 'id' | 'session_id',
  value: string,
  now: number,
): Promise<boolean> {
  const update = db
    .updateTable('checkout_reservations')
    .set({ state: 'released', held_name: null, updated_at: now })
    .where(column, '=', value)
    .where('state', 'in', ['open', 'processing'])
  return (await update.executeTakeFirst()).numUpdatedRows > 0n
}

/** How long a payment on its way is waited for before Stripe is asked for it again, in case its webhook was lost. */
const PROCESSING_MS = 3_600_000

/** The checkout is complete, but its payment is on its way: the name is held until Stripe tells how that ended. */
export async function markProcessing(db: Kysely<Database>, id: string, now: number): Promise<void> {
  await db
    .updateTable('checkout_reservations')
    .set({ state: 'processing', expires_at: now + PROCESSING_MS, updated_at: now })
    .where('id', '=', id)
    .where('state', 'in', ['open', 'processing'])
    .execute()
}
