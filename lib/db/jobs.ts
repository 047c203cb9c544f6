import type { Kysely } from 'kysely'
import { orIgnore } from './dialect.ts'
import type { Database } from './tables.ts'
import { transact } from './transact.ts'

/** The lease ran out while the work was done: somebody else may be at it. */
export class JobLostError extends Error {
  override readonly name = 'JobLostError'
  constructor(name: string) {
    super(`the lease of ${name} was lost`)
  }
}

/** A job while it is leased. */
export interface Job {
  /** Where the last one left off, in the job's own format; null at the first time. */
  readonly position: string | null
  /** @throws {JobLostError} once the lease is lost: to be asked between steps */
  check(): void
  /** @param position at most 1024 characters @throws {JobLostError} */
  savePosition(position: string): Promise<void>
}

export interface JobLease {
  /** At most 64 characters. */
  name: string
  /** How long the lease goes on without a sign of life; it is renewed while the work is done. */
  leaseMs: number
  clock: { now(): number }
}

/**
 * Does work that one process at a time may do. Whoever dies at it holds the others up for `leaseMs`.
 * @returns undefined when another is at it
 */
export async function withJobLease<T>(
  db: Kysely<Database>,
  { name, leaseMs, clock }: JobLease,
  work: (job: Job) => Promise<T>,
): Promise<{ result: T } | undefined> {
  const owner = crypto.randomUUID()
  let until = clock.now() + leaseMs
  const claimed = await claim(db, { name, owner, now: clock.now(), until })
  if (!claimed) return undefined

  let isLost = false
  const check = () => {
    if (isLost || clock.now() >= until) throw new JobLostError(name)
  }
  // While the database is away nothing is known of the lease, which then ends by itself.
  const renewal = setInterval(() => {
    const next = clock.now() + leaseMs
    void update(db, { name, owner }, { lease_until: next }).then(
      (ours) => {
        if (ours) until = next
        else isLost = true
      },
      () => undefined,
    )
  }, leaseMs / 3)
  try {
    const result = await work({
      position: claimed.position,
      check,
      async savePosition(position) {
        check()
        const saved = await update(db, { name, owner }, { position, updated_at: clock.now() })
        if (!saved) throw new JobLostError(name)
      },
    })
    return { result }
  } finally {
    clearInterval(renewal)
    await update(db, { name, owner }, { lease_owner: '', lease_until: 0 }).catch(() => undefined)
  }
}

export async function jobPosition(db: Kysely<Database>, name: string): Promise<string | null> {
  const row = await db.selectFrom('jobs').select('position').where('name', '=', name).executeTakeFirst()
  return row?.position ?? null
}

async function claim(
  db: Kysely<Database>,
  { name, owner, now, until }: { name: string; owner: string; now: number; until: number },
): Promise<{ position: string | null } | undefined> {
  await transact(db, (trx) =>
    orIgnore(trx, trx.insertInto('jobs').values({ name, position: null, updated_at: now })).execute(),
  )
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ lease_owner: owner, lease_until: until })
    .where('name', '=', name)
    .where('lease_until', '<=', now)
    .executeTakeFirst()
  return numUpdatedRows === 0n ? undefined : { position: await jobPosition(db, name) }
}

/** @returns whether the lease is still this owner's */
async function update(
  db: Kysely<Database>,
  { name, owner }: { name: string; owner: string },
  values: { lease_owner?: string; lease_until?: number; position?: string; updated_at?: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set(values)
    .where('name', '=', name)
    .where('lease_owner', '=', owner)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
