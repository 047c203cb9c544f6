import type { Kysely } from 'kysely'
import type { Database } from '../db/tables.ts'

export interface RolePage {
  roles: string[]
  /** Total number of pages, at least 1. */
  pages: number
}

/**
 * One page of the roles that a membership can have, by name. Global roles are left out: `sysadmin` in this list would end up
 * in the dashboard's picker.
 * @param filter part of the name, whatever its case
 */
export async function findGroupRoles(
  db: Kysely<Database>,
  { page, perPage, filter }: { page: number; perPage: number; filter?: string },
): Promise<RolePage> {
  const rows = await db
    .selectFrom('roles')
    .select('name')
    .where('scope', '=', 'group')
    .orderBy('name')
    .execute()
  const wanted = filter?.trim().toLowerCase() ?? ''
  const names = rows.map((row) => row.name).filter((name) => name.toLowerCase().includes(wanted))
  return {
    roles: names.slice((page - 1) * perPage, page * perPage),
    pages: Math.max(1, Math.ceil(names.length / perPage)),
  }
}
