import type { Kysely, Transaction } from 'kysely'
import type { Config } from '../config.ts'
import { orIgnore } from '../db/dialect.ts'
import type { Database } from '../db/tables.ts'
import { transact } from '../db/transact.ts'
import { appendEvent } from '../events/outbox.ts'
import type { Trace } from '../http/trace.ts'
import type { Kratos } from '../ory/kratos.ts'
import { hasVerifiedAddress, type KratosIdentity, traitsOf } from '../ory/kratos-session.ts'
import { addMember, createGroup, findGroupByName } from './groups.ts'
import { slugFrom } from './slug.ts'
import { eventActor, lockUser } from './users.ts'

export type SeededUser = Config['users'][number]

/** What came of seeding one configured user. */
export type SeedResult =
  | { kind: 'granted'; identity: string }
  /** Somebody registered the address and has not verified it: that must not make a sysadmin. */
  | { kind: 'withheld' }
  /** Kratos is away; to be tried again. */
  | { kind: 'unavailable' }

/** Marks an identity as created by us for that address; nobody can set it by registering, and a change of address does not carry it. */
const seedMark = (email: string) => ({ authlance_seed: email })

/**
 * Makes the configured user at Kratos, without credentials, and grants it here. The grant binds to an identity that we created, or
 * whose address is verified; once bound it stays with that identity and never follows the address. May run any number of times.
 */
export async function seedUser(
  { db, kratos }: { db: Kysely<Database>; kratos: Kratos },
  user: SeededUser,
  now: number,
  trace: Trace,
): Promise<SeedResult> {
  const bound = await db
    .selectFrom('seed_bindings')
    .select('identity')
    .where('email', '=', user.email)
    .executeTakeFirst()
  if (bound && (await isGranted(db, bound.identity, user)))
    return { kind: 'granted', identity: bound.identity }

  const found = await findOrCreate(kratos, user, trace)
  if (found.kind !== 'identity') return found
  const { identity } = found
  if (bound ? bound.identity !== identity.id : !isTrusted(identity, user.email)) return { kind: 'withheld' }

  await transact(db, (trx) => grant(trx, user, identity, now, trace))
  return { kind: 'granted', identity: identity.id }
}

async function findOrCreate(
  kratos: Kratos,
  user: SeededUser,
  trace: Trace,
): Promise<{ kind: 'identity'; identity: KratosIdentity } | { kind: 'unavailable' } | { kind: 'withheld' }> {
  const found = await kratos.findIdentityByEmail(user.email, trace)
  if (found.kind === 'unavailable') return { kind: 'unavailable' }
  if (found.identity) return { kind: 'identity', identity: found.identity }

  const { email, firstName, lastName } = user
  const created = await kratos.createIdentity(
    { email, firstName, lastName, metadataAdmin: seedMark(email) },
    trace,
  )
  if (created.kind === 'identity') return created
  // Another replica may have created it since we looked; a later try finds it.
  return { kind: 'unavailable' }
}

function isTrusted(identity: KratosIdentity, email: string): boolean {
  const mark = identity.metadata_admin as { authlance_seed?: unknown } | null | undefined
  return mark?.authlance_seed === email || hasVerifiedAddress(identity, email)
}

async function isGranted(db: Kysely<Database>, identity: string, user: SeededUser): Promise<boolean> {
  const row = await db.selectFrom('users').select('id').where('identity', '=', identity).executeTakeFirst()
  if (!row) return false
  const groups = user.groups.map((name) => slugFrom(name))
  const joined = await db
    .selectFrom('memberships as m')
    .innerJoin('groups as g', 'g.id', 'm.group_id')
    .select('g.name')
    .where('m.user_id', '=', row.id)
    .execute()
  const roles = await db.selectFrom('user_roles').select('role').where('user_id', '=', row.id).execute()
  const hasRole = !user.admin || roles.some(({ role }) => role === 'sysadmin')
  return hasRole && groups.every((name) => joined.some((group) => group.name === name))
}

async function grant(
  trx: Transaction<Database>,
  user: SeededUser,
  identity: KratosIdentity,
  now: number,
  trace: Trace,
): Promise<void> {
  const row = await lockUser(trx, identity.id, traitsOf(identity), now)
  const binding = { email: user.email, identity: identity.id, created_at: now }
  await orIgnore(trx, trx.insertInto('seed_bindings').values(binding)).execute()
  if (user.admin)
    await orIgnore(trx, trx.insertInto('user_roles').values({ user_id: row.id, role: 'sysadmin' })).execute()

  for (const name of user.groups) {
    const existing = await findGroupByName(trx, slugFrom(name))
    const group = existing ?? (await createGroup(trx, { slugSource: name, longName: name }, now))
    await addMember(trx, group.id, row.id, existing && !user.admin ? [] : ['group-admin'], now)
    if (existing) continue
    const payload = {
      group: { id: group.id, name: group.name, longName: group.long_name },
      user: eventActor(row),
    }
    await appendEvent(trx, 'group.created', payload, now, trace)
  }
}
