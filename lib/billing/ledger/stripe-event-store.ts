import type { Kysely, Transaction } from 'kysely'
import { byIndex, forUpdateSkipLocked } from '../../db/dialect.ts'
import { fitText } from '../../db/fit-text.ts'
import { NOBODY, ownerName } from '../../db/lease.ts'
import type { Database, StripeEventRow } from '../../db/tables.ts'
import { transact } from '../../db/transact.ts'
import { type BackoffRange, backoffMs } from '../../events/backoff.ts'

const RETRY: BackoffRange = { minMs: 1000, maxMs: 600_000 }
const MAX_ERROR_LENGTH = 1000

/** The lease ran out, or somebody else settled the event: what was done for it must not be kept. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError'
}

/**
 * Leases the oldest events that are due, so that no other replica takes them before the lease ends. Concurrent claims never wait for
 * each other and get disjoint sets.
 * @param claim.now milliseconds since the epoch
 */
export function claimStripeEvents(
  db: Kysely<Database>,
  { owner, now, leaseMs, limit }: { owner: string; now: number; leaseMs: number; limit: number },
): Promise<StripeEventRow[]> {
  return transact(db, async (trx) => {
    const due = trx
      .selectFrom(byIndex(trx, 'stripe_events', 'stripe_events_state'))
      .selectAll()
      .where('state', '=', 'pending')
      .where('lease_until', '<=', now)
      .orderBy('created_at')
      .limit(limit)
    const rows = await forUpdateSkipLocked(trx, due).execute()
    if (rows.length === 0) return []
    await trx
      .updateTable('stripe_events')
      .set({ lease_owner: ownerName(owner), lease_until: now + leaseMs })
      .where('id', 'in', idsOf(rows))
      .execute()
    return rows
  })
}

/** Notes in the transaction of the events' changes that they are done with. @throws {LeaseLostError} when one is not leased any more */
export async function settleStripeEvents(
  trx: Transaction<Database>,
  owner: string,
  rows: StripeEventRow[],
  state: 'applied' | 'ignored',
  now: number,
): Promise<void> {
  const update = leasedEvents(trx, owner, idsOf(rows)).set({ state, settled_at: now })
  const { numUpdatedRows } = await update.executeTakeFirst()
  if (numUpdatedRows !== BigInt(rows.length)) throw new LeaseLostError()
}

/** Notes that the ledger has nothing to do with these events; those whose lease was lost are left to the other. */
export async function ignoreStripeEvents(
  db: Kysely<Database>,
  owner: string,
  rows: StripeEventRow[],
  now: number,
): Promise<void> {
  if (rows.length === 0) return
  const ignored = { state: 'ignored', settled_at: now } as const
  await transact(db, (trx) => leasedEvents(trx, owner, idsOf(rows)).set(ignored).execute())
}

/** Gives leases back without counting a try, since something that is not theirs was away. @param until not to be claimed before */
export async function releaseStripeEvents(
  db: Kysely<Database>,
  owner: string,
  rows: StripeEventRow[],
  until: number,
): Promise<void> {
  if (rows.length === 0) return
  const released = { lease_owner: NOBODY, lease_until: until }
  await transact(db, (trx) => leasedEvents(trx, owner, idsOf(rows)).set(released).execute())
}

/**
 * Counts a failure by the event's own fault: it is tried again later, or becomes a dead letter with the reason.
 * @param random in [0, 1)
 */
export async function failStripeEvent(
  db: Kysely<Database>,
  owner: string,
  { id, attempts }: Pick<StripeEventRow, 'id' | 'attempts'>,
  { reason, now, maxAttempts, random }: { reason: string; now: number; maxAttempts: number; random: number },
): Promise<'pending' | 'dead'> {
  const failures = attempts + 1
  const dead = failures >= maxAttempts
  await transact(db, (trx) =>
    leasedEvents(trx, owner, [id])
      .set({
        state: dead ? 'dead' : 'pending',
        attempts: failures,
        last_error: fitText(reason, MAX_ERROR_LENGTH),
        settled_at: dead ? now : 0,
        lease_owner: NOBODY,
        lease_until: dead ? 0 : now + backoffMs(failures, RETRY, random),
      })
      .execute(),
  )
  return dead ? 'dead' : 'pending'
}

/** An update of those among the events that wait and that `owner` still leases. */
function leasedEvents(trx: Transaction<Database>, owner: string, ids: string[]) {
  return trx
    .updateTable('stripe_events')
    .where('id', 'in', ids)
    .where('state', '=', 'pending')
    .where('lease_owner', '=', ownerName(owner))
}

function idsOf(rows: StripeEventRow[]): string[] {
  return rows.map(({ id }) => id)
}
