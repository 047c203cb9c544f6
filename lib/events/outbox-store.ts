import type { Kysely } from 'kysely'
import { forUpdateSkipLocked } from '../db/dialect.ts'
import type { Database, OutboxRow } from '../db/tables.ts'
import { transact } from '../db/transact.ts'
import { type BackoffRange, backoffMs } from './backoff.ts'

const RETRY: BackoffRange = { minMs: 1000, maxMs: 600_000 }
const MAX_ERROR_LENGTH = 1000

/**
 * Leases the oldest events that are due, so that no other relay takes them before the lease ends. Concurrent claims
 * never wait for each other and get disjoint sets.
 * @param claim.now milliseconds since the epoch
 */
export function claimEvents(
  db: Kysely<Database>,
  { owner, now, leaseMs, limit }: { owner: string; now: number; leaseMs: number; limit: number },
): Promise<OutboxRow[]> {
  return transact(db, async (trx) => {
    const due = trx
      .selectFrom('event_outbox')
      .selectAll()
      .where('state', '=', 'pending')
      .where('lease_until', '<=', now)
      .orderBy('seq')
      .limit(limit)
    const rows = await forUpdateSkipLocked(trx, due).execute()
    if (rows.length === 0) return []

    await trx
      .updateTable('event_outbox')
      .set({ lease_owner: owner, lease_until: now + leaseMs })
      .where('seq', 'in', seqsOf(rows))
      .execute()
    return rows
  })
}

/** Notes the acknowledgement of events that `owner` still leases. */
export async function markDelivered(
  db: Kysely<Database>,
  owner: string,
  seqs: number[],
  now: number,
): Promise<void> {
  if (seqs.length === 0) return
  await transact(db, (trx) =>
    trx
      .updateTable('event_outbox')
      .set({ state: 'delivered', delivered_at: now, lease_owner: null, lease_until: 0 })
      .where('seq', 'in', seqs)
      .where('lease_owner', '=', owner)
      .execute(),
  )
}

/** Gives leases back without counting a try, since the bus was away. @param until not to be claimed before */
export async function releaseEvents(
  db: Kysely<Database>,
  owner: string,
  seqs: number[],
  until: number,
): Promise<void> {
  if (seqs.length === 0) return
  await transact(db, (trx) =>
    trx
      .updateTable('event_outbox')
      .set({ lease_owner: null, lease_until: until })
      .where('seq', 'in', seqs)
      .where('lease_owner', '=', owner)
      .execute(),
  )
}

export interface EventFailure {
  seq: number
  /** Failures before this one. */
  attempts: number
  reason: string
}

/**
 * Counts a failure by the event's own fault: it is tried again later, or it becomes a dead letter with the reason.
 * @param random in [0, 1)
 */
export async function recordFailure(
  db: Kysely<Database>,
  owner: string,
  failure: EventFailure,
  { now, maxAttempts, random }: { now: number; maxAttempts: number; random: number },
): Promise<'pending' | 'dead'> {
  const attempts = failure.attempts + 1
  const state = attempts >= maxAttempts ? 'dead' : 'pending'
  await transact(db, (trx) =>
    trx
      .updateTable('event_outbox')
      .set({
        state,
        attempts,
        last_error: failure.reason.slice(0, MAX_ERROR_LENGTH),
        lease_owner: null,
        lease_until: state === 'dead' ? 0 : now + backoffMs(attempts, RETRY, random),
      })
      .where('seq', '=', failure.seq)
      .where('lease_owner', '=', owner)
      .execute(),
  )
  return state
}

export interface OutboxStats {
  pending: number
  /** Age of the oldest pending event, 0 without one. */
  oldestPendingAgeMs: number
  dead: number
}

/** What waits in the outbox. @param now milliseconds since the epoch */
export async function outboxStats(db: Kysely<Database>, now: number): Promise<OutboxStats> {
  const counted = await db
    .selectFrom('event_outbox')
    .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
    .where('state', 'in', ['pending', 'dead'])
    .groupBy('state')
    .execute()
  const oldest = await db
    .selectFrom('event_outbox')
    .select('created_at')
    .where('state', '=', 'pending')
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()

  const countOf = (state: string) => Number(counted.find((row) => row.state === state)?.count ?? 0)
  return {
    pending: countOf('pending'),
    oldestPendingAgeMs: oldest ? Math.max(0, now - oldest.created_at) : 0,
    dead: countOf('dead'),
  }
}

function seqsOf(rows: Pick<OutboxRow, 'seq'>[]): number[] {
  return rows.map(({ seq }) => seq)
}
