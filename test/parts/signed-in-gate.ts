import { findSession } from '../../lib/identity/principal.ts'
import type { Kratos } from '../../lib/ory/kratos.ts'
import { fakeSession } from './fake-session.ts'
import { type Gate, startGate } from './proxy-gate.ts'
import { type StubSessions, withWhoami } from './stub-sessions.ts'
import type { Respond } from './stub-upstream.ts'
import type { TestEnvOptions } from './test-env.ts'

export const ADA = { identity: 'a0000000-0000-4000-8000-00000000000a', email: 'ada@example.com' }
export const EVE = { identity: 'e0000000-0000-4000-8000-00000000000e', email: 'eve@example.com' }
export const SID = 'c1f5f7c8-0000-4000-8000-000000000001'
export const SECOND = 'c1f5f7c8-0000-4000-8000-00000000000b'
export const THIRD = 'c1f5f7c8-0000-4000-8000-00000000000c'
export const EVES = 'c1f5f7c8-0000-4000-8000-00000000000e'
/** A session that is not exchanged. */
export const FRESH = 'c1f5f7c8-0000-4000-8000-0000000000ff'

/** A gate at which Ada has exchanged three sessions and Eve one, each by a proof of its own; Kratos answers 204. */
export interface SignedInGate extends Gate {
  sessions: StubSessions
  /** The loopToken of each session. */
  tokens: Record<string, string>
  kratosAnswers(respond: Respond): void
  /** @returns the loopToken, undefined when the exchange is refused */
  exchange(proof: string, session: string): Promise<string>
  /** Which of the exchanged sessions are revoked. */
  revoked(): Promise<string[]>
  /** A call by a browser that is signed in with a session cookie and our token. */
  browser(path: string, init?: RequestInit, proof?: string, sid?: string): Promise<Response>
}

export async function startSignedInGate(options: TestEnvOptions = {}): Promise<SignedInGate> {
  const sessions: StubSessions = new Map([
    ['ada1', fakeSession({ ...ADA, sid: SID })],
    ['ada2', fakeSession({ ...ADA, sid: SECOND })],
    ['ada3', fakeSession({ ...ADA, sid: THIRD })],
    ['eve', fakeSession({ ...EVE, sid: EVES })],
  ])
  /** Kratos' admin API. */
  const sessionById: Kratos['sessionById'] = async (sid) => {
    const session = [...sessions.values()].find(({ id }) => id === sid)
    return session ? { kind: 'session', session } : { kind: 'unauthenticated' }
  }
  const gate = await startGate({ kratos: { sessionById }, ...options })
  const kratosAnswers = (respond: Respond) => gate.kratos.respond(withWhoami(sessions, respond))

  async function exchange(proof: string, session: string): Promise<string> {
    const answer = await gate.fetch('me', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-session-token': proof },
      body: JSON.stringify({ session }),
    })
    return ((await answer.json()) as { token: string }).token
  }

  kratosAnswers((_request, response) => void response.writeHead(204).end())
  const tokens: Record<string, string> = {}
  for (const [proof, { id }] of sessions) tokens[id] = await exchange(proof, id)
  gate.kratos.arrived.length = 0

  return {
    ...gate,
    sessions,
    tokens,
    kratosAnswers,
    exchange,
    async revoked() {
      const found = await Promise.all([SID, SECOND, THIRD, EVES].map((sid) => findSession(gate.env.db, sid)))
      return found.filter((session) => session?.revokedAt != null).map((session) => session!.sid)
    },
    browser: (path, init = {}, proof = 'ada1', sid = SID) =>
      gate.fetch(path, {
        ...init,
        headers: {
          cookie: `ory_kratos_session=${proof}; loopToken=${tokens[sid]}`,
          origin: new URL(gate.url).origin,
          ...init.headers,
        },
      }),
  }
}
