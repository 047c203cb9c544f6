import type { Kysely, Transaction } from 'kysely'
import type { Config } from '../config.ts'
import type { Database, UserRow } from '../db/tables.ts'
import { transact } from '../db/transact.ts'
import { appendEvent } from '../events/outbox.ts'
import { ApiError } from '../http/errors.ts'
import type { Trace } from '../http/trace.ts'
import { type KratosSession, traitsOf } from '../ory/kratos-session.ts'
import { bootstrapTenant } from './bootstrap-tenant.ts'
import { findSession, type KnownSession, type Tenant } from './principal.ts'
import { recordSession } from './sessions.ts'
import { eventActor, hasTraits, lockUser } from './users.ts'

export interface AdmittedSession extends KnownSession {
  tenant: Tenant
  /** True when this call changed the database: the relay has something to publish. */
  written: boolean
}

export interface AdmissionServices {
  db: Kysely<Database>
  config: Config
}

/**
 * Takes a session that Kratos vouches for. A session seen before, whose user is as our row has it, costs one query; anything
 * else is written in one transaction with the tenant's bootstrap and the events.
 * @throws {ApiError} `session_revoked`, `user_banned`
 */
export async function admitSession(
  { db, config }: AdmissionServices,
  session: KratosSession,
  now: number,
  trace: Trace,
): Promise<AdmittedSession> {
  const known = await findSession(db, session.id)
  const current = known?.tenant && isCurrent(known, known.tenant.user, session)
  if (!current) await transact(db, (trx) => writeSession(trx, config, session, now, trace))

  const admitted = current ? known : await findSession(db, session.id)
  if (!admitted?.tenant) throw new ApiError('session_revoked')
  requireStanding(admitted, admitted.tenant.user, session)
  return { ...admitted, tenant: admitted.tenant, written: !current }
}

function isCurrent(known: KnownSession, user: UserRow, session: KratosSession): boolean {
  if (known.revokedAt !== null) return true
  return (
    user.identity === session.identity.id &&
    user.bootstrapped_at !== null &&
    known.expiresAt === Date.parse(session.expires_at) &&
    hasTraits(user, traitsOf(session.identity))
  )
}

function requireStanding(known: KnownSession, user: UserRow, session: KratosSession): void {
  if (known.revokedAt !== null || user.identity !== session.identity.id) throw new ApiError('session_revoked')
  if (user.state !== 'active') throw new ApiError('user_banned')
}

async function writeSession(
  trx: Transaction<Database>,
  config: Config,
  session: KratosSession,
  now: number,
  trace: Trace,
): Promise<void> {
  const user = await lockUser(trx, session.identity.id, traitsOf(session.identity), now)
  if (user.state !== 'active') throw new ApiError('user_banned')
  const before = await findSession(trx, session.id)
  if (before && (before.revokedAt !== null || (before.tenant && before.tenant.user.id !== user.id))) {
    throw new ApiError('session_revoked')
  }

  await recordSession(
    trx,
    { sid: session.id, userId: user.id, expiresAt: Date.parse(session.expires_at) },
    now,
  )
  await bootstrapTenant(trx, config, user, now, trace)
  if (!before?.tenant && !config.events.disableUserAuthenticated) {
    const payload = { user: eventActor(user), email: user.email, subId: user.identity }
    await appendEvent(trx, 'user.authenticated', payload, now, trace)
  }
}
