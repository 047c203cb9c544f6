import type { Kysely, Transaction } from 'kysely'
import { onDuplicate } from '../db/dialect.ts'
import type { Database } from '../db/tables.ts'
import { transact } from '../db/transact.ts'

/** How long a tombstone without a known end must stand; Kratos' default session life is a day. */
const TOMBSTONE_MS = 400 * 86_400_000

/** Keeps a statement far below what databases take. */
const ROWS_PER_INSERT = 500

/** Notes that a session was exchanged. A tombstone that is there already stays one. */
export async function recordSession(
  trx: Transaction<Database>,
  session: { sid: string; userId: number; expiresAt: number },
  now: number,
): Promise<void> {
  const row = { user_id: session.userId, expires_at: session.expiresAt }
  const insert = trx
    .insertInto('sessions')
    .values({ sid: session.sid, ...row, first_seen_at: now, revoked_at: null, generation: 0 })
  await onDuplicate(trx, insert, ['sid'], row).execute()
}

/**
 * Makes every token of the session useless and refuses its exchange from now on. Leaves a tombstone even when the
 * session was never exchanged, so that a sign-out that races the first exchange wins.
 */
export async function revokeSession(db: Kysely<Database>, sid: string, now: number): Promise<void> {
  await insertTombstones(db, [sid], now)
}

/** Revokes all of these sessions, or none. */
export async function revokeSessions(db: Kysely<Database>, sids: string[], now: number): Promise<void> {
  // In one order, so that two calls do not wait for each other.
  const sorted = sids.toSorted()
  await transact(db, async (trx) => {
    for (let start = 0; start < sorted.length; start += ROWS_PER_INSERT) {
      await insertTombstones(trx, sorted.slice(start, start + ROWS_PER_INSERT), now)
    }
  })
}

async function insertTombstones(db: Kysely<Database>, sids: string[], now: number): Promise<void> {
  const insert = db.insertInto('sessions').values(
    sids.map((sid) => ({
      sid,
      user_id: null,
      first_seen_at: now,
      expires_at: now + TOMBSTONE_MS,
      revoked_at: now,
      generation: 1,
    })),
  )
  await onDuplicate(db, insert, ['sid'], (eb) => ({
    revoked_at: eb.fn.coalesce('sessions.revoked_at', eb.val(now)),
    generation: eb('sessions.generation', '+', 1),
  })).execute()
}

/** Makes the tokens issued so far useless; the session can be exchanged again. */
export async function invalidateTokens(db: Kysely<Database>, sid: string, now: number): Promise<void> {
  const insert = db.insertInto('sessions').values({
    sid,
    user_id: null,
    first_seen_at: now,
    expires_at: now + TOMBSTONE_MS,
    revoked_at: null,
    generation: 1,
  })
  await onDuplicate(db, insert, ['sid'], (eb) => ({
    generation: eb('sessions.generation', '+', 1),
  })).execute()
}

/** Revokes every session of a user but one. */
export async function revokeOtherSessions(
  db: Kysely<Database>,
  identity: string,
  keptSid: string,
  now: number,
): Promise<void> {
  await db
    .updateTable('sessions')
    .set((eb) => ({ revoked_at: now, generation: eb('generation', '+', 1) }))
    .where('user_id', '=', (eb) =>
      eb.selectFrom('users').select('users.id').where('users.identity', '=', identity),
    )
    .where('sid', '!=', keptSid)
    .where('revoked_at', 'is', null)
    .execute()
}
