import type { WhoamiResult } from '../../lib/ory/kratos.ts'
import type { KratosSession } from '../../lib/ory/kratos-session.ts'

export interface FakeSession {
  sid?: string
  identity?: string
  email?: string
  first?: string
  last?: string
  verified?: boolean
  state?: string
  active?: boolean
  /** Milliseconds since the epoch. */
  expiresAt?: number
}

/** A whoami answer as Kratos gives it. */
export function fakeSession(options: FakeSession = {}): KratosSession {
  const { email = 'ada@example.com' } = options
  return {
    id: options.sid ?? 'c1f5f7c8-0000-4000-8000-000000000001',
    active: options.active ?? true,
    expires_at: new Date(options.expiresAt ?? Date.now() + 86_400_000).toISOString(),
    identity: {
      id: options.identity ?? 'a0000000-0000-4000-8000-000000000001',
      state: options.state ?? 'active',
      traits: { email, name: { first: options.first ?? 'Ada', last: options.last ?? 'Lovelace' } },
      verifiable_addresses: [{ value: email, verified: options.verified ?? false, via: 'email' }],
    },
  }
}

/** The stub of a Kratos that knows one session. */
export function knows(session: KratosSession): { whoami: () => Promise<WhoamiResult> } {
  return { whoami: async () => ({ kind: 'session', session }) }
}
