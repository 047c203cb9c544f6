import { transact } from '../../db/transact.ts'
import type { Trace } from '../../http/trace.ts'
import type { SubscriptionState } from '../stripe-shapes.ts'
import { LedgerConflictError, type LedgerServices, type StateTime, standing } from './ledger-services.ts'
import { findSubscription } from './rows.ts'
import { showsState, writeSubscription } from './write-subscription.ts'

const MAX_TRIES = 20

/**
 * Writes a subscription's state and its events in one transaction, unless the ledger knows a newer one. Of two states of one second
 * told by events, this takes the later call: who can ask Stripe asks first, and passes the answer.
 * @throws {LedgerConflictError} when others change the row again and again
 */
export async function applySubscriptionState(
  services: LedgerServices,
  state: SubscriptionState,
  time: StateTime,
  now: number,
  trace: Trace,
): Promise<'applied' | 'unchanged' | 'stale'> {
  for (let tries = 1; ; tries++) {
    const known = await findSubscription(services.db, state.id)
    if (standing(known?.as_of, time) === 'older') return 'stale'
    // Calls side by side all bring the same: only the first has to write, or they would keep each other from it.
    const isNear = known && time.asOf - known.as_of < 1000
    if (isNear && showsState(known, state, services.config)) return 'unchanged'
    try {
      await transact(services.db, (trx) =>
        writeSubscription(trx, services, { known, state, time }, now, trace),
      )
      return 'applied'
    } catch (error) {
      if (!(error instanceof LedgerConflictError) || tries === MAX_TRIES) throw error
    }
  }
}
