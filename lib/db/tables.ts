import type { Generated, Insertable, Selectable } from 'kysely'

/*
 * Row types of every table. Times are epoch milliseconds, flags are 0 or 1, and text compares byte by byte
 * on every database, so that MySQL, MariaDB, PlanetScale and SQLite agree.
 */

export interface Database {
  users: UsersTable
  groups: GroupsTable
  memberships: MembershipsTable
  membership_roles: MembershipRolesTable
  user_roles: UserRolesTable
  roles: RolesTable
  sessions: SessionsTable
  tiers: TiersTable
  subscriptions: SubscriptionsTable
  seed_bindings: SeedBindingsTable
  event_outbox: EventOutboxTable
}

export type UserState = 'active' | 'inactive'

export interface UsersTable {
  id: Generated<number>
  /** Kratos identity id. */
  identity: string
  email: string
  first_name: string
  last_name: string
  /** 1 when Kratos has verified the address in `email`. */
  verified: number
  /** `inactive` is a ban. */
  state: UserState
  avatar: string | null
  /** `YYYY-MM-DD`. */
  birth_date: string | null
  gender: string | null
  /** When the tenant bootstrap of this user was done; null until the first exchange. */
  bootstrapped_at: number | null
  created_at: number
  updated_at: number
}
export type UserRow = Selectable<UsersTable>

export interface GroupsTable {
  id: Generated<number>
  /** The slug; unique. */
  name: string
  long_name: string
  description: string | null
  avatar: string | null
  url: string | null
  /** App Store account token of the group; unique. */
  subscription_uuid: string
  /** The user whose first exchange made this group; unique, so that a bootstrap makes one group at most. */
  bootstrap_user_id: number | null
  created_at: number
  updated_at: number
}
export type GroupRow = Selectable<GroupsTable>

export interface MembershipsTable {
  group_id: number
  user_id: number
  created_at: number
}

export interface MembershipRolesTable {
  group_id: number
  user_id: number
  role: string
}

export interface UserRolesTable {
  user_id: number
  role: string
}

export interface RolesTable {
  name: string
  /** `global` roles are held by users, `group` roles by memberships. */
  scope: 'global' | 'group'
}

export interface SessionsTable {
  /** Kratos session id. */
  sid: string
  /** Null for a tombstone: a session that was signed out before its first exchange. */
  user_id: number | null
  first_seen_at: number
  expires_at: number
  revoked_at: number | null
  /** Tokens carry the generation they were issued in; a sign-out raises it, so that older ones are refused. */
  generation: number
}

export interface TiersTable {
  tier_name: string
  lookup_key: string | null
  /** The whole tier as configured, JSON text. */
  definition: string
  position: number
  /** 0 once the configuration no longer names the tier. */
  active: number
}

export interface SubscriptionsTable {
  id: Generated<number>
  group_id: number
  tier_name: string
  /** `authlance` for the subscription that a bootstrap makes. */
  provider: string
  /** The provider's id; unique for one provider. */
  provider_subscription_id: string
  provider_customer_id: string | null
  status: string
  started_at: number
  ends_at: number | null
  created_at: number
  updated_at: number
}
export type SubscriptionRow = Selectable<SubscriptionsTable>

export interface SeedBindingsTable {
  /** The configured address, lower case. */
  email: string
  /** The Kratos identity that the grant of this address belongs to, for ever. */
  identity: string
  created_at: number
}

/** `pending` and `relayed` have one width, so that InnoDB updates in place. */
export type OutboxState = 'pending' | 'relayed' | 'dead'

export interface EventOutboxTable {
  /** Increases with each event; for one user or group in the order of its changes. */
  seq: Generated<number>
  /** The message id that consumers de-duplicate by; unique. */
  id: string
  subject: string
  schema_version: number
  /** JSON text. */
  payload: string
  traceparent: string | null
  created_at: number
  state: Generated<OutboxState>
  /** Not to be tried before this time; also the end of a lease. */
  lease_until: Generated<number>
  /** 32 characters; dashes when nobody leases it. A relayed event keeps its last owner. */
  lease_owner: Generated<string>
  /** Failures by the row's own fault; an upstream that is away does not count. */
  attempts: Generated<number>
  /** When the bus acknowledged it; 0 before. */
  relayed_at: Generated<number>
  last_error: string | null
}
export type OutboxRow = Selectable<EventOutboxTable>
export type NewOutboxRow = Insertable<EventOutboxTable>
