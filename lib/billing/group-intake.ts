import type { Kysely } from 'kysely'
import { databaseFailure } from '../db/errors.ts'
import type { Database } from '../db/tables.ts'
import { insertStripeEvents, storeStripeEvent, type TakenEvent } from './store-stripe-event.ts'

const MAX_EVENTS = 64
/** Of all texts together, so that a statement stays far below what a server takes. */
const MAX_CHARACTERS = 1_000_000

interface Waiting {
  taken: TakenEvent
  resolve(isNew: boolean): void
  reject(error: unknown): void
}

/**
 * Keeps events that come at the same time in one transaction: those that arrive while one is under way share the next. Each caller
 * waits for the commit that holds its event. For a host whose requests may share a connection.
 * @param nextTurn lets the host take in what has arrived, before a transaction that may not let it: SQLite does not wait for anything
 */
export function createGroupIntake(
  db: Kysely<Database>,
  nextTurn: () => Promise<void> = async () => {},
): (taken: TakenEvent) => Promise<boolean> {
  const queue: Waiting[] = []
  let running = false

  async function run(): Promise<void> {
    running = true
    while (queue.length > 0) {
      await nextTurn()
      await settle(db, queue.splice(0, batchLength(queue)))
    }
    running = false
  }

  return (taken) =>
    new Promise((resolve, reject) => {
      queue.push({ taken, resolve, reject })
      if (!running) void run()
    })
}

function batchLength(queue: Waiting[]): number {
  let characters = 0
  let count = 0
  for (const { taken } of queue.slice(0, MAX_EVENTS)) {
    characters += taken.raw.length
    if (count > 0 && characters > MAX_CHARACTERS) break
    count++
  }
  return count
}

/** Never throws. When the events do not go together, since one was kept before or cannot be kept, each goes by itself. */
async function settle(db: Kysely<Database>, batch: Waiting[]): Promise<void> {
  try {
    const events = batch.map(({ taken }) => taken)
    await db.transaction().execute((trx) => insertStripeEvents(trx, events))
    for (const { resolve } of batch) resolve(true)
  } catch (error) {
    if (databaseFailure(error) === 'unavailable') {
      for (const { reject } of batch) reject(error)
      return
    }
    for (const { taken, resolve, reject } of batch) await storeStripeEvent(db, taken).then(resolve, reject)
  }
}
