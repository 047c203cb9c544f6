import type { ExpressionBuilder, Kysely } from 'kysely'
import { byIndex, forUpdateSkipLocked } from '../db/dialect.ts'
import { NOBODY, ownerName } from '../db/lease.ts'
import type { Database, OutboxRow } from '../db/tables.ts'
import { transact } from '../db/transact.ts'
import { REFUSED_MAIL } from '../mail/mail-subjects.ts'
import { type BackoffRange, backoffMs } from './backoff.ts'

const RETRY: BackoffRange = { minMs: 1000, maxMs: 600_000 }
const MAX_ERROR_LENGTH = 1000

interface Claim {
  owner: string
  now: number
  leaseMs: number
  limit: number
  after?: number
}

/**
 * Leases the oldest events that are due, so that no other relay takes them before the lease ends. Concurrent claims
 * never wait for each other and get disjoint sets.
 * @param claim.now milliseconds since the epoch
 * @param claim.after leaves out the events up to this `seq`; default 0
 */
export function claimEvents(
  db: Kysely<Database>,
  { owner, now, leaseMs, limit, after = 0 }: Claim,
): Promise<OutboxRow[]> {
  return transact(db, async (trx) => {
    // Left alone, MySQL looks up the state and walks over all that was relayed a moment ago and is not purged yet.
    const due = trx
      .selectFrom(byIndex(trx, 'event_outbox', 'event_outbox_state'))
      .selectAll()
      .where('state', '=', 'pending')
      .where('seq', '>', after)
      .where('lease_until', '<=', now)
      .orderBy('seq')
      .limit(limit)
    const rows = await forUpdateSkipLocked(trx, due).execute()
    if (rows.length === 0) return []

    await trx
      .updateTable('event_outbox')
      .set({ lease_owner: ownerName(owner), lease_until: now + leaseMs })
      .where(seqAmong(rows.map(({ seq }) => seq)))
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
      .set({ state: 'relayed', relayed_at: now })
      .where(seqAmong(seqs))
      .where('lease_owner', '=', ownerName(owner))
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
      .set({ lease_owner: NOBODY, lease_until: until })
      .where(seqAmong(seqs))
      .where('lease_owner', '=', ownerName(owner))
      .execute(),
  )
}

/** Events that failed alike. */
export interface EventFailure {
  seqs: number[]
  /** Failures of each before this one. */
  attempts: number
  reason: string
}

/**
 * Counts a failure by the events' own fault: they are tried again later, or they become dead letters with the reason.
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
        lease_owner: NOBODY,
        lease_until: state === 'dead' ? 0 : now + backoffMs(attempts, RETRY, random),
      })
      .where(seqAmong(failure.seqs))
      .where('lease_owner', '=', ownerName(owner))
      .execute(),
  )
  return state
}

export interface OutboxStats {
  pending: number
  /** Age of the oldest pending event, 0 without one. */
  oldestPendingAgeMs: number
  /** Dead letters that may be tried again. */
  dead: number
  /** Mails that cannot be sent as they are. */
  refusedMails: number
}

/** What waits in the outbox. @param now milliseconds since the epoch */
export async function outboxStats(db: Kysely<Database>, now: number): Promise<OutboxStats> {
  const counted = await db
    .selectFrom('event_outbox')
    .select((eb) => [
      'state',
      eb.fn.countAll<number>().as('count'),
      eb.fn.sum<number>(eb.case().when('subject', '=', REFUSED_MAIL).then(1).else(0).end()).as('refused'),
    ])
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

  const found = (state: string) => counted.find((row) => row.state === state)
  const refusedMails = Number(found('dead')?.refused ?? 0)
  return {
    pending: Number(found('pending')?.count ?? 0),
    oldestPendingAgeMs: oldest ? Math.max(0, now - oldest.created_at) : 0,
    dead: Number(found('dead')?.count ?? 0) - refusedMails,
    refusedMails,
  }
}

/** Matches these rows, given in their order; as one range where there are no gaps, which costs MySQL half as much. */
function seqAmong(seqs: number[]) {
  const [first, last] = [seqs[0]!, seqs.at(-1)!]
  return ({ eb, between }: ExpressionBuilder<Database, 'event_outbox'>) =>
    last - first === seqs.length - 1 ? between('seq', first, last) : eb('seq', 'in', seqs)
}
