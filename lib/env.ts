import type { Kysely } from 'kysely'
import type { TokenKeys } from './auth/token-keys.ts'
import type { TakenEvent } from './billing/store-stripe-event.ts'
import type { Config } from './config.ts'
import type { Database } from './db/tables.ts'
import type { AvatarStore } from './identity/avatar-store.ts'
import type { Log } from './log.ts'
import type { MailIntake } from './mail/mail-intake.ts'
import type { Metrics } from './metrics.ts'
import type { Hydra } from './ory/hydra.ts'
import type { Kratos } from './ory/kratos.ts'
import type { ProxySend } from './ory/proxy-fetch.ts'

/** The services that a host builds once per process or isolate and passes to every handler. */
export interface Env {
  config: Config
  db: Kysely<Database>
  kratos: Kratos
  /** Carries what is proxied to Kratos and Hydra. */
  proxySend: ProxySend
  /** Absent when no `hydra.adminUrl` is given. */
  hydra?: Hydra
  keys: TokenKeys
  clock: Clock
  log: Log
  metrics: Metrics
  events: EventSignal
  ledger: LedgerIntake
  /** Absent on the edge, which serves no internal route. */
  mail?: MailIntake
  /** Absent when no `s3Config` is given. */
  avatars?: AvatarStore
  /** Static files of the API reference page. */
  assets: { get(name: string): Promise<Response | undefined> }
  health: Health
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
}

/** Tells the relay that the outbox has new rows; called after the commit, never inside a transaction. */
export interface EventSignal {
  wake(ctx: ExecutionContext): void
}

/** Where Stripe's events are taken in. */
export interface LedgerIntake {
  /**
   * Keeps an event with its `stripe.webhook.event`; resolves after the commit.
   * @returns false when it was kept before
   */
  store(taken: TakenEvent): Promise<boolean>
  /** Tells the ledger worker that events wait; called after the commit, never inside a transaction. */
  wake(ctx: ExecutionContext): void
}

/** What the host adds to a request: work that may outlive the answer, and the peer's address. */
export interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void
  /** Address of the TCP peer; absent where the host does not know it. */
  remoteAddress?: string
}

/** State of the parts that this replica depends on. */
export interface Health {
  check(): Promise<HealthReport>
}

export interface PartHealth {
  state: 'up' | 'degraded' | 'down'
  latencyMs?: number
  detail?: string
}

export interface HealthReport {
  /** `down` only when this replica cannot do its work. */
  state: 'up' | 'degraded' | 'down'
  parts: Record<string, PartHealth>
}
