import type { Kysely, Transaction } from 'kysely'
import type { Config } from '../config.ts'
import { orIgnore } from '../db/dialect.ts'
import type { Database, UserRow } from '../db/tables.ts'
import { transact } from '../db/transact.ts'
import { appendEvent } from '../events/outbox.ts'
import type { Trace } from '../http/trace.ts'
import type { Kratos } from '../ory/kratos.ts'
import { hasVerifiedAddress, type KratosIdentity, traitsOf } from '../ory/kratos-session.ts'
import { addMember, ensureGroup } from './groups.ts'
import { slugFrom } from './slug.ts'
import { eventActor, lockUser } from './users.ts'

export type SeededUser = Config['users'][number]

/** What came of seeding one configured user. */
export type SeedResult =
  | { kind: 'granted'; identity: string }
  | { kind: 'withheld'; why: Withheld }
  | SeedDelay

export type Withheld =
  /** Somebody registered the address and has not verified it: that must not make a sysadmin. */
  | 'the address is not verified'
  | 'the address belongs to another identity now'
  /** Joining it would put the configured staff under a stranger. */
  | 'a configured group is the own group of somebody who registered'

/** To be tried again: Kratos is away or refuses the call, or another replica was faster. */
export interface SeedDelay {
  kind: 'unavailable'
  reason: string
  status?: number
}

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

  const found = bound
    ? await findBound(kratos, bound.identity, trace)
    : await findOrCreate(kratos, user, trace)
  if (found.kind !== 'identity') return found
  if (!bound && !isTrusted(found.identity, user.email))
    return { kind: 'withheld', why: 'the address is not verified' }
  return transact(db, (trx) => grant(trx, user, found.identity, now, trace))
}

type Found = { kind: 'identity'; identity: KratosIdentity } | Exclude<SeedResult, { kind: 'granted' }>

async function findBound(kratos: Kratos, id: string, trace: Trace): Promise<Found> {
  const found = await kratos.findIdentityById(id, trace)
  if (found.kind === 'unavailable') return found
  if (found.identity) return { kind: 'identity', identity: found.identity }
  return { kind: 'withheld', why: 'the address belongs to another identity now' }
}

async function findOrCreate(kratos: Kratos, user: SeededUser, trace: Trace): Promise<Found> {
  const found = await kratos.findIdentityByEmail(user.email, trace)
  if (found.kind === 'unavailable') return found
  if (found.identity) return { kind: 'identity', identity: found.identity }

  const { email, firstName, lastName } = user
  const created = await kratos.createIdentity(
    { email, firstName, lastName, metadataAdmin: seedMark(email) },
    trace,
  )
  // Another replica may have created it since we looked; a later try finds it.
  return created.kind === 'conflict' ? { kind: 'unavailable', reason: 'conflict' } : created
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
): Promise<SeedResult> {
  const row = await lockUser(trx, identity.id, traitsOf(identity), now)
  const holder = await bind(trx, user.email, identity.id, now)
  if (holder !== identity.id) return { kind: 'withheld', why: 'the address belongs to another identity now' }

  if (user.admin)
    await orIgnore(trx, trx.insertInto('user_roles').values({ user_id: row.id, role: 'sysadmin' })).execute()
  let strangers = false
  for (const name of user.groups) {
    const joined = await joinGroup(trx, name, row, user.admin, now, trace)
    strangers ||= !joined
  }
  if (strangers)
    return { kind: 'withheld', why: 'a configured group is the own group of somebody who registered' }
  return { kind: 'granted', identity: identity.id }
}

/** Binds the address to the identity unless it is bound already. @returns the identity that holds it */
async function bind(
  trx: Transaction<Database>,
  email: string,
  identity: string,
  now: number,
): Promise<string> {
  await orIgnore(trx, trx.insertInto('seed_bindings').values({ email, identity, created_at: now })).execute()
  const row = await trx
    .selectFrom('seed_bindings')
    .select('identity')
    .where('email', '=', email)
    .executeTakeFirstOrThrow()
  return row.identity
}

/** @returns false for a group that a first sign-in made for somebody else */
async function joinGroup(
  trx: Transaction<Database>,
  name: string,
  user: UserRow,
  admin: boolean,
  now: number,
  trace: Trace,
): Promise<boolean> {
  const { group, created } = await ensureGroup(trx, { slugSource: name, longName: name }, now)
  if (group.bootstrap_user_id !== null && group.bootstrap_user_id !== user.id) return false

  await addMember(trx, group.id, user.id, created || admin ? ['group-admin'] : [], now)
  if (created) {
    const payload = {
      group: { id: group.id, name: group.name, longName: group.long_name },
      user: eventActor(user),
    }
    await appendEvent(trx, 'group.created', payload, now, trace)
  }
  return true
}
