import { existsSync } from 'node:fs'
import { stripeEventStats } from '../../../lib/billing/ledger/stripe-event-stats.ts'
import type { Config } from '../../../lib/config.ts'
import { migrationState } from '../../../lib/db/migrate.ts'
import { type Finding, judgeOf } from '../../../lib/doctor/finding.ts'
import { judgeOutbox, judgeStripeEvents } from '../../../lib/doctor/judge-queues.ts'
import { outboxStats } from '../../../lib/events/outbox-store.ts'
import { openDatabase } from '../database.ts'

const { skipped } = judgeOf('outbox')

/** What waits in the database to be published, or to be applied. @param now milliseconds since the epoch */
export async function* examineOutbox(config: Config, now: number): AsyncGenerator<Finding> {
  const { file, host } = config.database
  if (!host && (!file || !existsSync(file))) {
    yield skipped('pending', 'there is no database to look into yet')
    return
  }
  try {
    yield* await readQueues(config, now)
  } catch {
    yield skipped('pending', 'the database cannot be asked', 'see the part database')
  }
}

async function readQueues(config: Config, now: number): Promise<Finding[]> {
  const { db, close } = openDatabase(config, { poolSize: 1, readOnly: true })
  try {
    const { pending } = await migrationState(db)
    if (pending.length > 0) {
      return [skipped('pending', 'the schema is not the one of this program yet', 'run `authlance migrate`')]
    }
    return [...judgeOutbox(await outboxStats(db, now)), ...judgeStripeEvents(await stripeEventStats(db, now))]
  } finally {
    await close()
  }
}
