import type { TokenUser } from '../auth/loop-token.ts'
import type { UserRow } from '../db/tables.ts'
import type { Tenant } from './principal.ts'

/** The columns that tell of the person. */
export type PersonRow = Pick<
  UserRow,
  | 'identity'
  | 'email'
  | 'first_name'
  | 'last_name'
  | 'avatar'
  | 'birth_date'
  | 'gender'
  | 'state'
  | 'verified'
>

/** A user with everything it holds, as the token and the profile show it. */
export function tenantAnswer({ user, roles, memberships }: Tenant): TokenUser {
  return {
    ...personAnswer(user),
    roles,
    groups: memberships.map(({ group }) => group.name),
    groupRoles: memberships.flatMap(({ group, roles: groupRoles }) =>
      groupRoles.map((role) => ({ group: group.name, role, user: user.identity })),
    ),
  }
}

/** A user without roles and groups; what is not known is left out. */
export function personAnswer(row: PersonRow): TokenUser {
  return {
    identity: row.identity,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    ...(row.avatar !== null && { avatar: row.avatar }),
    ...(row.birth_date !== null && { birthDate: `${row.birth_date}T00:00:00.000Z` }),
    ...(row.gender !== null && { gender: row.gender }),
    roles: [],
    groups: [],
    groupRoles: [],
    state: row.state,
    verified: row.verified === 1,
  }
}
