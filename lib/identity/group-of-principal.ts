import type { Kysely } from 'kysely'
import type { Principal } from '../auth/authenticate.ts'
import type { Database, GroupRow } from '../db/tables.ts'
import { findGroupByName } from './groups.ts'
import { normaliseSlug } from './slug.ts'

/** The group of a slug: from the caller's memberships, else (a sysadmin's look at another group) from the database. */
export async function groupOfPrincipal(
  db: Kysely<Database>,
  { tenant }: Principal,
  slug: string,
): Promise<GroupRow | undefined> {
  const name = normaliseSlug(slug)
  const membership = tenant.memberships.find(({ group }) => group.name === name)
  return membership?.group ?? (await findGroupByName(db, name))
}
