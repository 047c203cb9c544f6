import type { Kysely } from 'kysely'
import { compileOnce } from '../db/compile-once.ts'
import type { Database, GroupRow, UserRow } from '../db/tables.ts'

export interface Membership {
  group: GroupRow
  roles: string[]
}

/** A user with all that access decisions need, read in one query. */
export interface Tenant {
  user: UserRow
  /** Global roles. */
  roles: string[]
  /** In the order in which the user joined. */
  memberships: Membership[]
}

/** What the database knows of a session: the tenant, or only a tombstone. */
export interface KnownSession {
  sid: string
  revokedAt: number | null
  expiresAt: number
  generation: number
  /** Absent while the session was never exchanged. */
  tenant?: Tenant
}

const selectSession = compileOnce((db, sid: string) =>
  db
    .selectFrom('sessions as s')
    .leftJoin('users as u', 'u.id', 's.user_id')
    .leftJoin('user_roles as ur', 'ur.user_id', 'u.id')
    .leftJoin('memberships as m', 'm.user_id', 'u.id')
    .leftJoin('groups as g', 'g.id', 'm.group_id')
    .leftJoin('membership_roles as mr', (join) =>
      join.onRef('mr.user_id', '=', 'm.user_id').onRef('mr.group_id', '=', 'm.group_id'),
    )
    .select([
      's.sid',
      's.revoked_at as s_revoked_at',
      's.expires_at as s_expires_at',
      's.generation as s_generation',
    ])
    .select(['u.id as u_id', 'u.identity', 'u.email', 'u.first_name', 'u.last_name', 'u.verified', 'u.state'])
    .select(['u.avatar as u_avatar', 'u.birth_date', 'u.gender', 'u.bootstrapped_at'])
    .select([
      'u.created_at as u_created_at',
      'u.updated_at as u_updated_at',
      'ur.role as global_role',
      'mr.role as group_role',
    ])
    .select([
      'g.id as g_id',
      'g.name',
      'g.long_name',
      'g.description',
      'g.avatar as g_avatar',
      'g.url',
      'g.subscription_uuid',
    ])
    .select(['g.bootstrap_user_id', 'g.created_at as g_created_at', 'g.updated_at as g_updated_at'])
    .where('s.sid', '=', sid)
    .orderBy('m.created_at')
    .orderBy('m.group_id')
    .orderBy('mr.role'),
)

/** Session, user, roles, memberships and groups of a Kratos session id, in one query. */
export async function findSession(db: Kysely<Database>, sid: string): Promise<KnownSession | undefined> {
  const rows = await selectSession(db, sid)

  const first = rows[0]
  if (!first) return undefined
  const session = {
    sid: first.sid,
    revokedAt: first.s_revoked_at,
    expiresAt: first.s_expires_at,
    generation: first.s_generation,
  }
  return first.u_id === null ? session : { ...session, tenant: tenantOf(rows as JoinedRow[]) }
}

type Nullable<T> = { [K in keyof T]: T[K] | null }

/** One row of the join; the user's columns are present in every row. */
type JoinedRow = Omit<UserRow, 'id' | 'avatar' | 'created_at' | 'updated_at'> &
  Nullable<Omit<GroupRow, 'id' | 'avatar' | 'created_at' | 'updated_at'>> & {
    u_id: number
    u_avatar: string | null
    u_created_at: number
    u_updated_at: number
    g_id: number | null
    g_avatar: string | null
    g_created_at: number | null
    g_updated_at: number | null
    global_role: string | null
    group_role: string | null
  }

function tenantOf(rows: JoinedRow[]): Tenant {
  const roles = new Set<string>()
  const memberships = new Map<number, Membership>()
  for (const row of rows) {
    if (row.global_role !== null) roles.add(row.global_role)
    if (row.g_id === null) continue
    const membership = memberships.get(row.g_id) ?? { group: groupOf(row), roles: [] }
    memberships.set(row.g_id, membership)
    if (row.group_role !== null && !membership.roles.includes(row.group_role))
      membership.roles.push(row.group_role)
  }
  return { user: userOf(rows[0]!), roles: [...roles].sort(), memberships: [...memberships.values()] }
}

function userOf(row: JoinedRow): UserRow {
  return {
    id: row.u_id,
    identity: row.identity,
    email: row.email,
    first_name: row.first_name,
    last_name: row.last_name,
    verified: row.verified,
    state: row.state,
    avatar: row.u_avatar,
    birth_date: row.birth_date,
    gender: row.gender,
    bootstrapped_at: row.bootstrapped_at,
    created_at: row.u_created_at,
    updated_at: row.u_updated_at,
  }
}

function groupOf(row: JoinedRow): GroupRow {
  return {
    id: row.g_id!,
    name: row.name!,
    long_name: row.long_name!,
    description: row.description,
    avatar: row.g_avatar,
    url: row.url,
    subscription_uuid: row.subscription_uuid!,
    bootstrap_user_id: row.bootstrap_user_id,
    created_at: row.g_created_at!,
    updated_at: row.g_updated_at!,
  }
}
