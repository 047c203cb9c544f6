import { fakeSession } from './fake-session.ts'
import { json, type Respond, type StubUpstream, startStubUpstream } from './stub-upstream.ts'

export interface WhoamiStub extends StubUpstream {
  /** How `whoami` is answered from now on. */
  respondWhoami(respond: Respond): void
  /** The `whoami` calls so far. */
  whoamis(): number
}

/**
 * A Kratos for tests of what surrounds it: it is ready, knows nobody by the admin API, accepts any change, and vouches for any cookie
 * or session token `x` or `x~secret` as the session `sid-x` of the identity `identity-x`.
 */
export async function startWhoamiStub(): Promise<WhoamiStub> {
  const stub = await startStubUpstream()
  let whoami: Respond = vouch
  stub.respond((request, response) => {
    const { pathname } = new URL(request.target, 'http://stub')
    if (pathname === '/sessions/whoami') return whoami(request, response)
    if (pathname === '/health/ready') return json(response, 200, { status: 'ok' })
    if (pathname === '/admin/identities' && request.method === 'GET') return json(response, 200, [])
    if (request.method === 'PATCH') return json(response, 200, {})
    if (request.method === 'DELETE') return void response.writeHead(204).end()
    return json(response, 404, { error: { code: 404, status: 'Not Found', message: 'nothing here' } })
  })
  return Object.assign(stub, {
    respondWhoami(respond: Respond) {
      whoami = respond
    },
    whoamis: () => stub.arrived.filter(({ target }) => target.startsWith('/sessions/whoami')).length,
  })
}

/** The answer of a Kratos that knows every credential. */
export const vouch: Respond = ({ headers }, response) => {
  const cookie = /ory_kratos_session=([^;]*)/.exec(headers.cookie ?? '')?.[1]
  const [name] = (headers['x-session-token']?.toString() ?? cookie ?? '').split('~')
  if (!name) return json(response, 401, { error: { code: 401, status: 'Unauthorized' } })
  const session = { sid: `sid-${name}`, identity: `identity-${name}`, email: `${name}@example.com` }
  return json(response, 200, fakeSession(session))
}
