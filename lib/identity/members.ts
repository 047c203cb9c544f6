import type { Kysely } from 'kysely'
import type { TokenUser } from '../auth/loop-token.ts'
import type { Database } from '../db/tables.ts'
import { normaliseSlug } from './slug.ts'
import { personAnswer } from './user-answer.ts'

/**
 * The members of a group with their roles in it, in the order in which they joined, in one query. A member's other groups and
 * global roles are not the group's business: `groups` and `groupRoles` tell of this group alone, `roles` is empty.
 */
export async function findMembers(db: Kysely<Database>, slug: string): Promise<TokenUser[]> {
  const group = normaliseSlug(slug)
  const rows = await db
    .selectFrom('groups as g')
    .innerJoin('memberships as m', 'm.group_id', 'g.id')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .leftJoin('membership_roles as mr', (join) =>
      join.onRef('mr.user_id', '=', 'm.user_id').onRef('mr.group_id', '=', 'm.group_id'),
    )
    .select(['u.identity', 'u.email', 'u.first_name', 'u.last_name', 'u.avatar', 'u.birth_date', 'u.gender'])
    .select(['u.state', 'u.verified', 'mr.role'])
    .where('g.name', '=', group)
    .orderBy('m.created_at')
    .orderBy('m.user_id')
    .orderBy('mr.role')
    .execute()

  const members = new Map<string, TokenUser>()
  for (const row of rows) {
    const member = members.get(row.identity) ?? { ...personAnswer(row), groups: [group] }
    members.set(row.identity, member)
    if (row.role !== null) member.groupRoles.push({ group, role: row.role, user: row.identity })
  }
  return [...members.values()]
}
