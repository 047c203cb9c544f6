import type { Kysely, Transaction } from 'kysely'
import { isNameHeld } from '../billing/checkout/reservations.ts'
import type { Config } from '../config.ts'
import { orIgnore } from '../db/dialect.ts'
import { databaseFailure } from '../db/errors.ts'
import { fitText } from '../db/fit-text.ts'
import type { Database, GroupRow } from '../db/tables.ts'
import { slugFrom, slugSuffix } from './slug.ts'

export interface NewGroup {
  /** The slug to try first, as it is. */
  name?: string
  /** Text that the slug is made from. */
  slugSource: string
  longName: string
  /** Set for the group that a user's first exchange makes. */
  bootstrapUserId?: number
  /** Slugs that are kept for the groups of the configuration. */
  notNamed?: string[]
}

/** Slugs tried in alphabetical order, before random letters: a thousand people may share a name. */
const TIDY_SLUGS = 10
const MAX_SLUGS = 30
const RANDOM_SUFFIXES = 26 ** 6

/** Makes a group under a free slug: one that is taken, or that a checkout holds, gets letters appended. */
export async function createGroup(
  trx: Transaction<Database>,
  group: NewGroup,
  now: number,
): Promise<GroupRow> {
  for (let attempt = 0; attempt < MAX_SLUGS; attempt++) {
    const suffix = slugSuffix(attempt < TIDY_SLUGS ? attempt : randomIndex())
    const name = attempt === 0 && group.name ? group.name : slugFrom(group.slugSource, suffix)
    if (group.notNamed?.includes(name) || (await findGroupByName(trx, name))) continue
    if (!(await insertGroup(trx, name, group, now))) continue
    // Asked after the insert: a checkout that is just taking the name looks for the group in the same order.
    if (!(await isNameHeld(trx, name))) return (await findGroupByName(trx, name))!
    await trx.deleteFrom('groups').where('name', '=', name).execute()
  }
  throw new Error(`no free slug after ${MAX_SLUGS} tries`)
}

/** The group of that very slug, made when it is missing. */
export async function ensureGroup(
  trx: Transaction<Database>,
  group: NewGroup,
  now: number,
): Promise<{ group: GroupRow; created: boolean }> {
  const name = slugFrom(group.slugSource)
  const missing = (await findGroupByName(trx, name)) === undefined
  const created = missing && (await insertGroup(trx, name, group, now))
  return { group: (await findGroupByName(trx, name))!, created }
}

/** The slugs that are kept for the groups of the configuration. */
export function configuredGroupNames({ users }: Pick<Config, 'users'>): string[] {
  return users.flatMap(({ groups }) => groups).map((name) => slugFrom(name))
}

function randomIndex(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! % RANDOM_SUFFIXES
}

export function findGroupByName(db: Kysely<Database>, name: string): Promise<GroupRow | undefined> {
  return db.selectFrom('groups').selectAll().where('name', '=', name).executeTakeFirst()
}

/** Adds a member, and roles in the group; what is there already stays. */
export async function addMember(
  trx: Transaction<Database>,
  groupId: number,
  userId: number,
  roles: string[],
  now: number,
): Promise<void> {
  const membership = { group_id: groupId, user_id: userId }
  await orIgnore(trx, trx.insertInto('memberships').values({ ...membership, created_at: now })).execute()
  if (!roles.length) return
  const rows = roles.map((role) => ({ ...membership, role }))
  await orIgnore(trx, trx.insertInto('membership_roles').values(rows)).execute()
}

/** Whether the insert took: another transaction may have taken the slug since we looked. */
async function insertGroup(
  trx: Transaction<Database>,
  name: string,
  group: NewGroup,
  now: number,
): Promise<boolean> {
  try {
    await trx
      .insertInto('groups')
      .values({
        name,
        long_name: fitText(group.longName, 255),
        description: null,
        avatar: null,
        url: null,
        subscription_uuid: crypto.randomUUID(),
        bootstrap_user_id: group.bootstrapUserId ?? null,
        created_at: now,
        updated_at: now,
      })
      .execute()
    return true
  } catch (error) {
    if (databaseFailure(error) === 'unique_violation' && !(await ownsBootstrapGroup(trx, group))) return false
    throw error
  }
}

/** A violation of `bootstrap_user_id` is not a taken slug: the user has its group, and no other name helps. */
async function ownsBootstrapGroup(
  trx: Transaction<Database>,
  { bootstrapUserId }: NewGroup,
): Promise<boolean> {
  if (bootstrapUserId === undefined) return false
  const query = trx.selectFrom('groups').select('id').where('bootstrap_user_id', '=', bootstrapUserId)
  return (await query.executeTakeFirst()) !== undefined
}
