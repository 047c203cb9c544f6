import type { Kysely, Transaction } from 'kysely'
import { pause } from '../async/pause.ts'
import { databaseFailure } from './errors.ts'
import type { Database } from './tables.ts'

const MAX_TRIES = 5
/** With one lock wait after it, a caller has waited for about 5 s. */
const LAST_TRY_MS = 3000

/**
 * Runs `work` in one transaction, again from its start after a deadlock, a lock wait timeout or a unique violation
 * that a concurrent transaction caused. `work` must make no network call and may run several times.
 * @param now milliseconds of a clock that never goes back
 */
export async function transact<T>(
  db: Kysely<Database>,
  work: (trx: Transaction<Database>) => Promise<T>,
  now: () => number = () => performance.now(),
): Promise<T> {
  const lastTryAt = now() + LAST_TRY_MS
  for (let tries = 1; ; tries++) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      const failure = databaseFailure(error)
      if (failure !== 'conflict' && failure !== 'unique_violation') throw error
      if (tries === MAX_TRIES || now() > lastTryAt) throw error
      await pause(5 * 2 ** tries * Math.random())
    }
  }
}
