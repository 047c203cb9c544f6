import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findSession } from '../../lib/identity/principal.ts'
import type { Kratos } from '../../lib/ory/kratos.ts'
import { setCookie } from '../parts/call.ts'
import { fakeSession } from '../parts/fake-session.ts'
import { type Gate, startGate } from '../parts/proxy-gate.ts'
import { type StubSessions, withWhoami } from '../parts/stub-sessions.ts'
import { json, type Respond } from '../parts/stub-upstream.ts'

const ADA = { identity: 'a0000000-0000-4000-8000-00000000000a', email: 'ada@example.com' }
const EVE = { identity: 'e0000000-0000-4000-8000-00000000000e', email: 'eve@example.com' }
const SID = 'c1f5f7c8-0000-4000-8000-000000000001'
const SECOND = 'c1f5f7c8-0000-4000-8000-00000000000b'
const THIRD = 'c1f5f7c8-0000-4000-8000-00000000000c'
const EVES = 'c1f5f7c8-0000-4000-8000-00000000000e'
/** A session that is not exchanged. */
const FRESH = 'c1f5f7c8-0000-4000-8000-0000000000ff'
const CLEARED = 'ory_kratos_session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; HttpOnly'

let gate: Gate
let sessions: StubSessions
/** The loopToken of each session. */
let tokens: Record<string, string>

beforeEach(async () => {
  gate = await startGate({ kratos: { sessionById } })
  sessions = new Map([
    ['ada1', fakeSession({ ...ADA, sid: SID })],
    ['ada2', fakeSession({ ...ADA, sid: SECOND })],
    ['ada3', fakeSession({ ...ADA, sid: THIRD })],
    ['eve', fakeSession({ ...EVE, sid: EVES })],
  ])
  kratosAnswers((_request, response) => void response.writeHead(204).end())
  tokens = {}
  for (const [proof, { id }] of sessions) tokens[id] = await exchange(proof, id)
  gate.kratos.arrived.length = 0
})
afterEach(() => gate.close())

/** Kratos' admin API. */
const sessionById: Kratos['sessionById'] = async (sid) => {
  const session = [...sessions.values()].find(({ id }) => id === sid)
  return session ? { kind: 'session', session } : { kind: 'unauthenticated' }
}

const kratosAnswers = (respond: Respond) => gate.kratos.respond(withWhoami(sessions, respond))

async function exchange(proof: string, session: string): Promise<string> {
  const answer = await gate.fetch('me', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-token': proof },
    body: JSON.stringify({ session }),
  })
  return ((await answer.json()) as { token: string }).token
}

async function revoked(): Promise<string[]> {
  const found = await Promise.all([SID, SECOND, THIRD, EVES].map((sid) => findSession(gate.env.db, sid)))
  return found.filter((session) => session?.revokedAt != null).map((session) => session!.sid)
}

/** A call by a browser that is signed in with a session cookie and our token. */
const browser = (path: string, init: RequestInit = {}, proof = 'ada1', sid = SID) =>
  gate.fetch(path, {
    ...init,
    headers: {
      cookie: `ory_kratos_session=${proof}; loopToken=${tokens[sid]}`,
      origin: new URL(gate.url).origin,
      ...init.headers,
    },
  })

describe("a browser's logout", () => {
  it('removes the loopToken and revokes the session when Kratos answers 204', async () => {
    const answer = await browser('self-service/logout?token=ory_lo_1')
    expect([answer.status, setCookie(answer)]).toEqual([
      204,
      expect.stringMatching(/^loopToken=; Max-Age=0; .*Path=\//),
    ])
    expect(await revoked()).toEqual([SID])
    const forwarded = gate.kratos.last()
    expect([forwarded.target, forwarded.headers.cookie]).toEqual([
      '/self-service/logout?token=ory_lo_1',
      'ory_kratos_session=ada1',
    ])
  })

  it('does so too when Kratos redirects and removes its cookie, which stays first', async () => {
    kratosAnswers((_request, response) => {
      response
        .writeHead(303, {
          location: 'https://app.example.com/login',
          'set-cookie': [CLEARED, 'csrf_token_1=z'],
        })
        .end()
    })
    const answer = await browser('self-service/logout?token=ory_lo_1')
    expect([answer.status, answer.headers.get('location')]).toEqual([303, 'https://app.example.com/login'])
    const [first, second, third] = answer.headers.getSetCookie()
    expect([first, second]).toEqual([CLEARED, 'csrf_token_1=z'])
    expect(third).toMatch(/^loopToken=; Max-Age=0/)
    expect(await revoked()).toEqual([SID])
  })

  it('does so too when Kratos redirects and the session is gone afterwards', async () => {
    kratosAnswers((_request, response) => {
      sessions.delete('ada1')
      response.writeHead(303, { location: '/login' }).end()
    })
    expect(setCookie(await browser('self-service/logout?token=ory_lo_1'))).toBeDefined()
    expect(await revoked()).toEqual([SID])
  })

  it('revokes a session that was never exchanged', async () => {
    sessions.set('new', fakeSession({ ...ADA, sid: FRESH }))
    await gate.fetch('self-service/logout?token=x', { headers: { cookie: 'ory_kratos_session=new' } })
    expect((await findSession(gate.env.db, FRESH))?.revokedAt).not.toBeNull()
  })

  it('revokes the session of the loopToken as well when that is another one', async () => {
    await browser('self-service/logout?token=x', {}, 'ada1', SECOND)
    expect(await revoked()).toEqual([SID, SECOND])
  })

  it("revokes the bearer token's session where Kratos ends that one", async () => {
    const headers = { cookie: 'ory_kratos_session=ada1', authorization: 'Bearer ada2' }
    await gate.fetch('self-service/logout?token=x', { headers })
    expect(await revoked()).toEqual([SECOND])
  })

  it('is carried through when the browser does not wait for the answer', async () => {
    void gate.handle('self-service/logout?token=x', { headers: { cookie: 'ory_kratos_session=ada1' } })
    await new Promise((resolve) => setImmediate(resolve))
    await gate.ctx.settle()
    expect(await revoked()).toEqual([SID])
  })

  it('changes nothing here when Kratos redirects to its error page', async () => {
    kratosAnswers((_request, response) => void response.writeHead(303, { location: '/error?id=1' }).end())
    const answer = await browser('self-service/logout?token=wrong')
    expect([answer.status, setCookie(answer), await revoked()]).toEqual([303, undefined, []])
  })

  it.each([401, 403, 500])('changes nothing here when Kratos answers %i', async (status) => {
    kratosAnswers((_request, response) => json(response, status, {}))
    const answer = await browser('self-service/logout?token=wrong')
    expect([answer.status, setCookie(answer), await revoked()]).toEqual([status, undefined, []])
  })

  it('changes nothing here without a token, or when it only starts', async () => {
    for (const path of ['self-service/logout', 'self-service/logout/browser?token=x']) {
      const answer = await browser(path)
      expect([answer.status, setCookie(answer), await revoked()]).toEqual([204, undefined, []])
    }
  })

  it('cannot be forced on somebody by a link from a page that the session cookie does not follow', async () => {
    kratosAnswers((_request, response) => void response.writeHead(303, { location: '/error?id=1' }).end())
    const headers = { cookie: `loopToken=${tokens[SID]}`, 'sec-fetch-site': 'cross-site' }
    const answer = await gate.fetch('self-service/logout?token=x', { headers })
    expect([setCookie(answer), await revoked()]).toEqual([undefined, []])
  })
})

describe('the logout of a session token', () => {
  const logout = (body: string, headers: Record<string, string> = {}) =>
    gate.fetch('self-service/logout/api', {
      method: 'DELETE',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })

  it("revokes that token's session and sends the body on as it was", async () => {
    const body = '{ "session_token": "ada2" }'
    const answer = await logout(body, { 'x-session-token': 'ada1' })
    expect([answer.status, setCookie(answer)]).toEqual([204, expect.stringContaining('loopToken=;')])
    expect(await revoked()).toEqual([SECOND])
    const { headers, ...forwarded } = gate.kratos.last()
    expect([forwarded.method, forwarded.body, headers['content-length']]).toEqual([
      'DELETE',
      body,
      String(body.length),
    ])
  })

  it('changes nothing here when Kratos refuses', async () => {
    kratosAnswers((_request, response) => json(response, 403, {}))
    const answer = await logout('{"session_token":"ada2"}')
    expect([answer.status, setCookie(answer), await revoked()]).toEqual([403, undefined, []])
  })

  it.each(['', 'not json', '[]', 'null', '{"session_token":7}', '{"session_token":"a.b.c"}'])(
    'leaves the body %j to Kratos',
    async (body) => {
      kratosAnswers((_request, response) => json(response, 400, {}))
      expect((await logout(body)).status).toBe(400)
      expect(gate.kratos.arrived.map((request) => request.body)).toEqual([body])
    },
  )

  it('refuses a body that no session token needs', async () => {
    const answer = await logout(JSON.stringify({ session_token: 'x'.repeat(20_000) }))
    expect([answer.status, gate.kratos.arrived]).toEqual([413, []])
  })
})

describe('the end of all other sessions', () => {
  it('revokes the others of the same user and not the current one', async () => {
    kratosAnswers((_request, response) => json(response, 200, { count: 2 }))
    const answer = await browser('sessions', { method: 'DELETE' })
    expect([answer.status, setCookie(answer)]).toEqual([200, expect.stringContaining('loopToken=;')])
    expect(await answer.json()).toEqual({ count: 2 })
    expect(await revoked()).toEqual([SECOND, THIRD])
  })

  it.each([
    ['X-Session-Token', { 'x-session-token': 'ada2' }],
    ['X-Session-Cookie', { 'x-session-cookie': 'ada2' }],
    ['a bearer token', { authorization: 'Bearer ada2' }],
  ])('goes by the session of %s', async (_name, headers) => {
    kratosAnswers((_request, response) => json(response, 200, { count: 2 }))
    await gate.fetch('sessions', { method: 'DELETE', headers: headers as Record<string, string> })
    expect(await revoked()).toEqual([SID, THIRD])
  })

  it('changes nothing here when Kratos refuses', async () => {
    kratosAnswers((_request, response) => json(response, 401, {}))
    const answer = await gate.fetch('sessions', { method: 'DELETE' })
    expect([answer.status, setCookie(answer), await revoked()]).toEqual([401, undefined, []])
  })
})

describe('the end of all other sessions, of which one is being exchanged', () => {
  const endOthers = () => browser('sessions', { method: 'DELETE' })
  /** Lists these sessions for the caller, as Kratos does: page 1 is the first, and none is left once they have ended. */
  function kratosLists(sids: string[]) {
    let listed = sids
    kratosAnswers(({ method, target, headers }, response) => {
      const query = new URL(target, gate.url).searchParams
      const size = Number(query.get('per_page'))
      const start = (Number(query.get('page')) - 1) * size
      const page = headers.cookie === 'ory_kratos_session=ada1' ? listed.slice(start, start + size) : []
      if (method === 'GET')
        return json(
          response,
          200,
          page.map((id) => ({ id, active: true })),
        )
      listed = []
      json(response, 200, { count: sids.length })
    })
  }
  const sidOf = (index: number) => `c1f5f7c8-0000-4000-8000-${String(index).padStart(12, '0')}`

  it('bars it as well', async () => {
    sessions.set('ada4', fakeSession({ ...ADA, sid: FRESH }))
    kratosLists([SECOND, THIRD, FRESH])
    expect((await endOthers()).status).toBe(200)
    expect(await revoked()).toEqual([SECOND, THIRD])
    expect(await findSession(gate.env.db, FRESH)).toMatchObject({ revokedAt: expect.any(Number) })
    expect(await exchange('ada4', FRESH)).toBeUndefined()
    expect((await findSession(gate.env.db, SID))?.revokedAt).toBeNull()
  })

  it('bars all of several pages', async () => {
    const sids = Array.from({ length: 601 }, (_, index) => sidOf(1000 + index))
    kratosLists(sids)
    await endOthers()
    const found = await Promise.all(sids.map((sid) => findSession(gate.env.db, sid)))
    expect(found.filter((session) => session?.revokedAt == null)).toEqual([])
  })

  it('bars nothing when Kratos refuses', async () => {
    kratosAnswers(({ method }, response) =>
      method === 'GET' ? json(response, 200, [{ id: FRESH }]) : json(response, 403, {}),
    )
    expect((await endOthers()).status).toBe(403)
    expect([await findSession(gate.env.db, FRESH), await revoked()]).toEqual([undefined, []])
  })

  it('bars it too when a second factor is due, which Kratos does not ask for here', async () => {
    gate.kratos.respond(({ method, target }, response) => {
      if (target === '/sessions/whoami') json(response, 403, { error: { id: 'session_aal2_required' } })
      else json(response, 200, method === 'GET' ? [{ id: FRESH }] : { count: 1 })
    })
    await gate.fetch('sessions', { method: 'DELETE', headers: { 'x-session-token': 'ada1' } })
    expect(await findSession(gate.env.db, FRESH)).toMatchObject({ revokedAt: expect.any(Number) })
    expect(gate.log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  it.each([
    ['fails', 502, {}],
    ['is no list', 200, {}],
  ])('goes through when the list %s, and the log says so', async (_name, status, body) => {
    kratosAnswers(({ method }, response) =>
      method === 'GET' ? json(response, status, body) : json(response, 200, { count: 2 }),
    )
    expect((await endOthers()).status).toBe(200)
    expect(await revoked()).toEqual([SECOND, THIRD])
    expect(gate.log.lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'other sessions at Kratos are not known: those not exchanged yet are not barred here',
      }),
    )
  })
})

describe('the end of one session', () => {
  const end = (id: string) => browser(`sessions/${id}`, { method: 'DELETE' })

  it.each([SECOND, SECOND.toUpperCase(), SECOND.replaceAll('-', ''), SECOND.replace('c1', '%631')])(
    'revokes it, written as %s',
    async (id) => {
      const answer = await end(id)
      expect([answer.status, setCookie(answer)]).toEqual([204, expect.stringContaining('loopToken=;')])
      expect(await revoked()).toEqual([SECOND])
    },
  )

  it("leaves another user's session alone although Kratos answers 204", async () => {
    expect((await end(EVES)).status).toBe(204)
    expect(await revoked()).toEqual([])
  })

  it('leaves a tombstone for one that was never exchanged, though Kratos then forgets it', async () => {
    sessions.set('ada4', fakeSession({ ...ADA, sid: FRESH }))
    kratosAnswers((_request, response) => {
      sessions.delete('ada4')
      response.writeHead(204).end()
    })
    await end(FRESH.toUpperCase())
    expect(await findSession(gate.env.db, FRESH)).toMatchObject({ revokedAt: expect.any(Number) })
  })

  it("leaves none for another user's that was never exchanged", async () => {
    sessions.set('eve2', fakeSession({ ...EVE, sid: FRESH }))
    expect((await end(FRESH)).status).toBe(204)
    expect(await findSession(gate.env.db, FRESH)).toBeUndefined()
    expect(await exchange('eve2', FRESH)).toBeDefined()
  })

  it('leaves none for an invented one', async () => {
    expect((await end(FRESH)).status).toBe(204)
    expect(await findSession(gate.env.db, FRESH)).toBeUndefined()
  })

  it("leaves none while Kratos' admin API is away", async () => {
    gate.env.kratos.sessionById = async () => ({ kind: 'unavailable', reason: 'connection' })
    expect((await end(FRESH)).status).toBe(204)
    expect(await findSession(gate.env.db, FRESH)).toBeUndefined()
  })

  it('is not what a DELETE of whoami means', async () => {
    const answer = await end('whoami')
    expect([answer.status, setCookie(answer), await revoked()]).toEqual([204, undefined, []])
  })
})

describe('when whoami cannot tell whose session ends', () => {
  beforeEach(() => {
    gate.kratos.respond((request, response) => {
      if (request.target === '/sessions/whoami') json(response, 502, {})
      else json(response, request.target === '/sessions' ? 200 : 204, {})
    })
  })

  it.each([
    ['self-service/logout?token=x', 'GET', [SID]],
    ['sessions', 'DELETE', [SECOND, THIRD]],
    [`sessions/${SECOND}`, 'DELETE', [SECOND]],
    [`sessions/${EVES}`, 'DELETE', []],
  ])('%s goes by the loopToken', async (path, method, expected) => {
    const answer = await browser(path, { method })
    expect([answer.ok, setCookie(answer)]).toEqual([true, expect.stringContaining('loopToken=;')])
    expect(await revoked()).toEqual(expected)
  })

  it('an unknown caller bars no session', async () => {
    sessions.set('ada4', fakeSession({ ...ADA, sid: FRESH }))
    for (const sid of [FRESH, SECOND]) {
      await gate.fetch(`sessions/${sid}`, { method: 'DELETE', headers: { 'x-session-token': 'ada1' } })
    }
    expect([await findSession(gate.env.db, FRESH), await revoked()]).toEqual([undefined, []])
  })

  it('an expired loopToken serves as well', async () => {
    await gate.close()
    gate = await startGate({ now: Date.now() })
    kratosAnswers((_request, response) => void response.writeHead(204).end())
    tokens[SID] = await exchange('ada1', SID)
    gate.clock.advance(3_600_000)
    gate.kratos.respond((request, response) =>
      json(response, request.target.includes('whoami') ? 500 : 200, {}),
    )
    await browser('self-service/logout?token=x')
    expect(await revoked()).toEqual([SID])
  })

  it('a forged loopToken does not', async () => {
    tokens[SID] = `${tokens[SID]!.slice(0, -4)}AAAA`
    await browser('self-service/logout?token=x')
    expect(await revoked()).toEqual([])
  })

  it('says in the log that others could not be revoked', async () => {
    await gate.fetch('sessions', { method: 'DELETE', headers: { 'x-session-token': 'ada1' } })
    expect(gate.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
    expect(await revoked()).toEqual([])
  })
})

describe('when the database is away', () => {
  it('a logout that Kratos has done is no error, and the log says so', async () => {
    await gate.env.db.schema.alterTable('sessions').renameTo('sessions_away').execute()
    const answer = await browser('self-service/logout?token=x')
    expect([answer.status, setCookie(answer)]).toEqual([204, expect.stringContaining('loopToken=;')])
    expect(gate.log.lines.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      'session ended at Kratos is not revoked here',
    ])
  })
})

describe('a whoami that answers 401', () => {
  it('removes a loopToken that the request carried', async () => {
    const answer = await gate.fetch('sessions/whoami', { headers: { cookie: 'loopToken=a.b.c' } })
    expect([answer.status, setCookie(answer)]).toEqual([
      401,
      expect.stringContaining('loopToken=; Max-Age=0'),
    ])
    expect((await answer.json()) as object).toHaveProperty('error.code', 401)
  })

  it('sets nothing when it carried none', async () => {
    const answer = await gate.fetch('sessions/whoami', { headers: { cookie: 'ory_kratos_session=dead' } })
    expect([answer.status, setCookie(answer)]).toEqual([401, undefined])
  })

  it.each([200, 403, 429, 500, 503])('is not one that answers %i', async (status) => {
    gate.kratos.respond((_request, response) => json(response, status, {}))
    const answer = await browser('sessions/whoami')
    expect([answer.status, setCookie(answer)]).toEqual([status, undefined])
  })
})
