import type { Kysely } from 'kysely'
import type { Config } from '../config.ts'
import type { Database } from '../db/tables.ts'
import { transact } from '../db/transact.ts'
import type { Trace } from '../http/trace.ts'
import type { Traits } from '../ory/kratos-session.ts'
import { bootstrapTenant } from './bootstrap-tenant.ts'
import { lockUser, lockUserAsIs } from './users.ts'

export interface NewUser {
  /** Kratos identity id. */
  identity: string
  traits: Traits
  /** Kratos itself gave the traits; others never change a row that is there. */
  fromKratos: boolean
}

/**
 * Does for an identity what its first exchange would do, but for the session, so that the exchange finds it done. A banned user
 * stays as it is. Does not check that Kratos knows the identity.
 * @returns whether a tenant was made: the relay has something to publish
 */
export async function provisionUser(
  { db, config }: { db: Kysely<Database>; config: Config },
  { identity, traits, fromKratos }: NewUser,
  now: number,
  trace: Trace,
): Promise<boolean> {
  const lock = fromKratos ? lockUser : lockUserAsIs
  return transact(db, async (trx) => {
    const user = await lock(trx, identity, traits, now)
    if (user.state !== 'active' || user.bootstrapped_at !== null) return false
    await bootstrapTenant(trx, config, user, now, trace)
    return true
  })
}
