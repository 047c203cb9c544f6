import type { Migration } from 'kysely/migration'
import * as m0001 from './migrations/0001_create_users.ts'
import * as m0002 from './migrations/0002_index_users_email.ts'
import * as m0003 from './migrations/0003_create_groups.ts'
import * as m0004 from './migrations/0004_create_memberships.ts'
import * as m0005 from './migrations/0005_index_memberships_group.ts'
import * as m0006 from './migrations/0006_create_membership_roles.ts'
import * as m0007 from './migrations/0007_create_user_roles.ts'
import * as m0008 from './migrations/0008_create_roles.ts'
import * as m0009 from './migrations/0009_create_sessions.ts'
import * as m0010 from './migrations/0010_index_sessions_user.ts'
import * as m0011 from './migrations/0011_index_sessions_expiry.ts'
import * as m0012 from './migrations/0012_create_tiers.ts'
import * as m0013 from './migrations/0013_create_subscriptions.ts'
import * as m0014 from './migrations/0014_index_subscriptions_group.ts'
import * as m0015 from './migrations/0015_create_seed_bindings.ts'
import * as m0016 from './migrations/0016_create_event_outbox.ts'
import * as m0017 from './migrations/0017_index_event_outbox_state.ts'
import * as m0018 from './migrations/0018_index_event_outbox_delivery.ts'

/**
 * Every migration in its order. Each makes one statement that may run again, since MySQL does not roll DDL back
 * and a process may die between the statement and the note that it was done. Never edited after they land.
 */
export const migrations: Record<string, Migration> = {
  '0001_create_users': m0001,
  '0002_index_users_email': m0002,
  '0003_create_groups': m0003,
  '0004_create_memberships': m0004,
  '0005_index_memberships_group': m0005,
  '0006_create_membership_roles': m0006,
  '0007_create_user_roles': m0007,
  '0008_create_roles': m0008,
  '0009_create_sessions': m0009,
  '0010_index_sessions_user': m0010,
  '0011_index_sessions_expiry': m0011,
  '0012_create_tiers': m0012,
  '0013_create_subscriptions': m0013,
  '0014_index_subscriptions_group': m0014,
  '0015_create_seed_bindings': m0015,
  '0016_create_event_outbox': m0016,
  '0017_index_event_outbox_state': m0017,
  '0018_index_event_outbox_delivery': m0018,
}
