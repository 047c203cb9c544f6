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
import * as m0019 from './migrations/0019_allow_subscriptions_without_group.ts'
import * as m0020 from './migrations/0020_add_subscription_billing.ts'
import * as m0021 from './migrations/0021_index_subscriptions_customer.ts'
import * as m0022 from './migrations/0022_index_subscriptions_status.ts'
import * as m0023 from './migrations/0023_create_billing_customers.ts'
import * as m0024 from './migrations/0024_index_billing_customers_group.ts'
import * as m0025 from './migrations/0025_create_invoices.ts'
import * as m0026 from './migrations/0026_index_invoices_subscription.ts'
import * as m0027 from './migrations/0027_create_payments.ts'
import * as m0028 from './migrations/0028_index_payments_customer.ts'
import * as m0029 from './migrations/0029_create_stripe_events.ts'
import * as m0030 from './migrations/0030_index_stripe_events_state.ts'
import * as m0031 from './migrations/0031_index_stripe_events_settled.ts'
import * as m0032 from './migrations/0032_create_checkout_reservations.ts'
import * as m0033 from './migrations/0033_index_checkout_reservations_identity.ts'
import * as m0034 from './migrations/0034_create_jobs.ts'
import * as m0035 from './migrations/0035_index_checkout_reservations_state.ts'
import * as m0036 from './migrations/0036_index_event_outbox_subject.ts'

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
  '0019_allow_subscriptions_without_group': m0019,
  '0020_add_subscription_billing': m0020,
  '0021_index_subscriptions_customer': m0021,
  '0022_index_subscriptions_status': m0022,
  '0023_create_billing_customers': m0023,
  '0024_index_billing_customers_group': m0024,
  '0025_create_invoices': m0025,
  '0026_index_invoices_subscription': m0026,
  '0027_create_payments': m0027,
  '0028_index_payments_customer': m0028,
  '0029_create_stripe_events': m0029,
  '0030_index_stripe_events_state': m0030,
  '0031_index_stripe_events_settled': m0031,
  '0032_create_checkout_reservations': m0032,
  '0033_index_checkout_reservations_identity': m0033,
  '0034_create_jobs': m0034,
  '0035_index_checkout_reservations_state': m0035,
  '0036_index_event_outbox_subject': m0036,
}
