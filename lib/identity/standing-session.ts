import type { KratosSession } from '../ory/kratos-session.ts'

/**
 * Whether the session that Kratos vouches for is the one asked for and still runs. Does not look at the identity's state.
 * @param now milliseconds since the epoch
 */
export function isStanding(session: KratosSession, sid: string, now: number): boolean {
  return session.id === sid && session.active !== false && Date.parse(session.expires_at) > now
}
