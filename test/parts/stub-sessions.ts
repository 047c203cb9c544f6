import type { KratosSession } from '../../lib/ory/kratos-session.ts'
import { type ArrivedRequest, json, type Respond } from './stub-upstream.ts'

/** What proves each session: the session token or the value of the session cookie. */
export type StubSessions = Map<string, KratosSession>

/**
 * Answers `whoami` for the sessions it knows and everything else by `respond`. Credentials are looked at in Kratos' order:
 * `X-Session-Token`, cookie, bearer token.
 */
export function withWhoami(sessions: StubSessions, respond: Respond): Respond {
  return (request, response) => {
    if (request.method !== 'GET' || request.target !== '/sessions/whoami') return respond(request, response)
    const session = sessions.get(proofOf(request) ?? '')
    if (session) json(response, 200, session)
    else json(response, 401, { error: { code: 401, status: 'Unauthorized', message: 'no session' } })
  }
}

function proofOf({ headers }: ArrivedRequest): string | undefined {
  const cookie = /ory_kratos_session=([^;]*)/.exec(headers.cookie ?? '')?.[1]
  const bearer = /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1]
  return (headers['x-session-token'] as string | undefined) ?? cookie ?? bearer
}
