import type { Kysely } from 'kysely'
import { createGroupCommit } from '../db/group-commit.ts'
import type { Database } from '../db/tables.ts'
import { insertStripeEvents, storeStripeEvent, type TakenEvent } from './store-stripe-event.ts'

/**
 * Keeps events of Stripe that come at the same time in one transaction.
 * @param nextTurn lets the host take in what has arrived, before a transaction that may not let it
 */
export function createGroupIntake(
  db: Kysely<Database>,
  nextTurn?: () => Promise<void>,
): (taken: TakenEvent) => Promise<boolean> {
  return createGroupCommit<TakenEvent, boolean>({
    sizeOf: ({ raw }) => raw.length,
    async keepAll(events) {
      await db.transaction().execute((trx) => insertStripeEvents(trx, events))
      return events.map(() => true)
    },
    keepOne: (taken) => storeStripeEvent(db, taken),
    ...(nextTurn && { nextTurn }),
  })
}
