import type { Kysely } from 'kysely'
import { compileOnce } from '../db/compile-once.ts'
import type { Database } from '../db/tables.ts'
import type { ClaimSource } from './oidc-claims.ts'

const selectUser = compileOnce((db, identity: string) =>
  db
    .selectFrom('users as u')
    .leftJoin('user_roles as ur', 'ur.user_id', 'u.id')
    .leftJoin('memberships as m', 'm.user_id', 'u.id')
    .leftJoin('groups as g', 'g.id', 'm.group_id')
    .leftJoin('membership_roles as mr', (join) =>
      join.onRef('mr.user_id', '=', 'm.user_id').onRef('mr.group_id', '=', 'm.group_id'),
    )
    .select(['u.identity', 'u.email', 'u.first_name', 'u.last_name', 'u.verified', 'u.state'])
    .select(['u.avatar', 'u.birth_date', 'u.gender', 'g.name as group', 'ur.role', 'mr.role as group_role'])
    .where('u.identity', '=', identity)
    .orderBy('m.created_at')
    .orderBy('m.group_id')
    .orderBy('ur.role')
    .orderBy('mr.role'),
)

/** A user with roles and groups, in the order in which it joined them, in one query. */
export async function findClaimSource(
  db: Kysely<Database>,
  identity: string,
): Promise<ClaimSource | undefined> {
  const rows = await selectUser(db, identity)
  const user = rows[0]
  if (!user) return undefined

  const roles = new Set<string>()
  const groups = new Map<string, Set<string>>()
  for (const row of rows) {
    if (row.role !== null) roles.add(row.role)
    if (row.group === null) continue
    const groupRoles = groups.get(row.group) ?? new Set()
    groups.set(row.group, groupRoles)
    if (row.group_role !== null) groupRoles.add(row.group_role)
  }
  return {
    user,
    roles: [...roles],
    groups: [...groups].map(([name, groupRoles]) => ({ name, roles: [...groupRoles] })),
  }
}
