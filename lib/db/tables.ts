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
  billing_customers: BillingCustomersTable
  invoices: InvoicesTable
  payments: PaymentsTable
  stripe_events: StripeEventsTable
  checkout_reservations: CheckoutReservationsTable
  jobs: JobsTable
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
  /** Null while nobody knows whose it is. */
  group_id: number | null
  /** Of an unknown price, its lookup key or id. */
  tier_name: string
  /** `authlance` for the subscription that a bootstrap makes. */
  provider: string
  /** The provider's id; unique for one provider. */
  provider_subscription_id: string
  provider_customer_id: string | null
  status: string
  started_at: number
  /** When it ended or will end; the end of the trial for one that no payment provider knows. */
  ends_at: number | null
  created_at: number
  updated_at: number
  price_id: string | null
  lookup_key: string | null
  quantity: Generated<number>
  period_start: number | null
  period_end: number | null
  trial_ends_at: number | null
  /** The trial end that `subscription.trial_ending` was told for. */
  trial_announced: number | null
  cancel_at: number | null
  cancel_at_period_end: Generated<number>
  canceled_at: number | null
  ended_at: number | null
  /** The slug or id of a group that the provider's metadata names. */
  named_group: string | null
  /** The reservation of the checkout that made it: such a one is linked by that alone, never by `named_group`. */
  reservation_id: string | null
  livemode: Generated<number>
  /** The time of the provider's state that the row shows. */
  as_of: Generated<number>
  /** Raised by every change, so that what was computed from an older row is not written. */
  version: Generated<number>
  last_event_id: string | null
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
  /** A mail's is `mail.send`, `mail.send.erased` without its payload, or `mail.send.refused`. */
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

/** A Stripe customer, and the group that it pays for. */
export interface BillingCustomersTable {
  customer_id: string
  /** Null while nobody knows whose it is. */
  group_id: number | null
  email: string | null
  name: string | null
  deleted: Generated<number>
  /** The slug or id of a group that the customer's metadata names. */
  named_group: string | null
  livemode: Generated<number>
  as_of: Generated<number>
  version: Generated<number>
  last_event_id: string | null
  created_at: number
  updated_at: number
}
export type BillingCustomerRow = Selectable<BillingCustomersTable>

/** Amounts are whole minor units of `currency`, which is lower case as at Stripe. */
export interface InvoicesTable {
  invoice_id: string
  number: string | null
  customer_id: string | null
  provider_subscription_id: string | null
  status: string
  currency: string
  amount_due: number
  amount_paid: number
  amount_remaining: number
  total: number
  attempt_count: Generated<number>
  billing_reason: string | null
  invoice_pdf: string | null
  hosted_invoice_url: string | null
  period_start: number | null
  period_end: number | null
  paid_at: number | null
  livemode: Generated<number>
  as_of: Generated<number>
  version: Generated<number>
  last_event_id: string | null
  /** When Stripe made it. */
  created_at: number
  updated_at: number
}
export type InvoiceRow = Selectable<InvoicesTable>

export type PaymentKind = 'succeeded' | 'declined' | 'refunded'

/** A fact that is recorded once and never changed. */
export interface PaymentsTable {
  id: Generated<number>
  kind: PaymentKind
  /** What makes the fact unique within its kind: an invoice, an attempt at it, a refund of a charge. */
  reference: string
  invoice_id: string | null
  payment_intent_id: string | null
  charge_id: string | null
  provider_subscription_id: string | null
  customer_id: string | null
  amount: number
  currency: string
  /** Why it was declined or refunded, as Stripe's code says. */
  reason: string | null
  occurred_at: number
  /** The Stripe event that told of it first. */
  event_id: string | null
  created_at: number
}

/** `pending`, `applied` and `ignored` have one width, so that InnoDB updates in place. */
export type StripeEventState = 'pending' | 'applied' | 'ignored' | 'dead'

export interface StripeEventsTable {
  /** Stripe's event id. */
  id: string
  type: string
  /** When Stripe made it, to the second. */
  created_at: number
  api_version: string | null
  livemode: number
  /** The event as it was received; null once it left its time of keeping. */
  payload: string | null
  received_at: number
  state: Generated<StripeEventState>
  /** Not to be tried before this time; also the end of a lease. */
  lease_until: Generated<number>
  /** 32 characters; dashes when nobody leases it. */
  lease_owner: Generated<string>
  /** Failures by the event's own fault. */
  attempts: Generated<number>
  /** When it was applied, ignored or given up; 0 before. */
  settled_at: Generated<number>
  last_error: string | null
}
export type StripeEventRow = Selectable<StripeEventsTable>

/** `processing`: the checkout is complete but the payment is still on its way. */
export type ReservationState = 'open' | 'processing' | 'completed' | 'released'

/** A group's name that is held while its buyer pays. */
export interface CheckoutReservationsTable {
  /** Also the idempotency key of the Stripe session. */
  id: string
  name: string
  /** The name while it is held, else null; unique. */
  held_name: string | null
  identity: string
  user_id: number
  /** The buyer's own group that checkout attaches to, or the group that it made. */
  group_id: number | null
  long_name: string
  lookup_key: string
  state: ReservationState
  /** The Stripe checkout session; null until Stripe has answered. */
  session_id: string | null
  provider_subscription_id: string | null
  expires_at: number
  created_at: number
  updated_at: number
}
export type CheckoutReservationRow = Selectable<CheckoutReservationsTable>

export interface JobsTable {
  name: string
  lease_owner: Generated<string>
  lease_until: Generated<number>
  /** Where the job goes on; its own format. */
  position: string | null
  updated_at: number
}
