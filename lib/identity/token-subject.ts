import * as z from 'zod'
import type { Env, ExecutionContext } from '../env.ts'
import { ApiError } from '../http/errors.ts'
import type { Trace } from '../http/trace.ts'
import { traitsOf } from '../ory/kratos-session.ts'
import { findClaimSource } from './claim-source.ts'
import type { ClaimSource } from './oidc-claims.ts'
import { provisionUser } from './provision-user.ts'
import { hasTraits } from './users.ts'

/** Other subjects, such as those of a trusted issuer's assertions, are none of Kratos' identities. */
const IdentityId = z.guid()

/**
 * The user whom a token is for, as the database has it now. Kratos is asked only about users who are not there yet or whose address
 * was not verified when we last heard of it: a sign-in at another application may be somebody's first, and needs no exchange.
 * @throws {ApiError} `user_banned`; `forbidden` for a subject that is nobody; `upstream_unavailable` when only Kratos could tell
 */
export async function tokenSubject(
  env: Env,
  ctx: ExecutionContext,
  subject: string,
  trace: Trace,
): Promise<ClaimSource> {
  const known = await findClaimSource(env.db, subject)
  const source = known?.user.verified ? known : await askKratos(env, ctx, subject, known, trace)
  if (source.user.state !== 'active') throw new ApiError('user_banned')
  return source
}

async function askKratos(
  env: Env,
  ctx: ExecutionContext,
  subject: string,
  known: ClaimSource | undefined,
  trace: Trace,
): Promise<ClaimSource> {
  if (known && known.user.state !== 'active') throw new ApiError('user_banned')
  if (!known && !IdentityId.safeParse(subject).success) throw new ApiError('forbidden')

  const answer = await env.kratos.findIdentityById(subject, trace)
  if (answer.kind === 'unavailable') {
    env.log.warn({ reason: answer.reason, upstreamStatus: answer.status }, 'Kratos told nothing of a subject')
    if (known) return known
    throw new ApiError('upstream_unavailable')
  }
  const { identity } = answer
  if (identity?.id !== subject) throw new ApiError('forbidden')
  if (identity.state === 'inactive') throw new ApiError('user_banned')

  const traits = traitsOf(identity)
  if (known && hasTraits(known.user, traits)) return known
  if (await provisionUser(env, { identity: subject, traits, fromKratos: true }, env.clock.now(), trace))
    env.events.wake(ctx)
  return (await findClaimSource(env.db, subject))!
}
