import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findSession } from '../../lib/identity/principal.ts'
import { setCookie } from '../parts/call.ts'
import { fakeSession } from '../parts/fake-session.ts'
import { ADA, FRESH, SECOND, SID, type SignedInGate, startSignedInGate } from '../parts/signed-in-gate.ts'
import { json } from '../parts/stub-upstream.ts'

let gate: SignedInGate
beforeEach(async () => {
  gate = await startSignedInGate()
})
afterEach(() => gate.close())

const CLEARED = 'ory_kratos_session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; HttpOnly'

describe("a browser's logout", () => {
  it('removes the loopToken and revokes the session when Kratos answers 204', async () => {
    const answer = await gate.browser('self-service/logout?token=ory_lo_1')
    expect([answer.status, setCookie(answer)]).toEqual([
      204,
      expect.stringMatching(/^loopToken=; Max-Age=0; .*Path=\//),
    ])
    expect(await gate.revoked()).toEqual([SID])
    const forwarded = gate.kratos.last()
    expect([forwarded.target, forwarded.headers.cookie]).toEqual([
      '/self-service/logout?token=ory_lo_1',
      'ory_kratos_session=ada1',
    ])
  })

  it('does so too when Kratos redirects and removes its cookie, which stays first', async () => {
    gate.kratosAnswers((_request, response) => {
      response
        .writeHead(303, {
          location: 'https://app.example.com/login',
          'set-cookie': [CLEARED, 'csrf_token_1=z'],
        })
        .end()
    })
    const answer = await gate.browser('self-service/logout?token=ory_lo_1')
    expect([answer.status, answer.headers.get('location')]).toEqual([303, 'https://app.example.com/login'])
    const [first, second, third] = answer.headers.getSetCookie()
    expect([first, second]).toEqual([CLEARED, 'csrf_token_1=z'])
    expect(third).toMatch(/^loopToken=; Max-Age=0/)
    expect(await gate.revoked()).toEqual([SID])
  })

  it('does so too when Kratos redirects and the session is gone afterwards', async () => {
    gate.kratosAnswers((_request, response) => {
      gate.sessions.delete('ada1')
      response.writeHead(303, { location: '/login' }).end()
    })
    expect(setCookie(await gate.browser('self-service/logout?token=ory_lo_1'))).toBeDefined()
    expect(await gate.revoked()).toEqual([SID])
  })

  it('revokes a session that was never exchanged', async () => {
    gate.sessions.set('new', fakeSession({ ...ADA, sid: FRESH }))
    await gate.fetch('self-service/logout?token=x', { headers: { cookie: 'ory_kratos_session=new' } })
    expect((await findSession(gate.env.db, FRESH))?.revokedAt).not.toBeNull()
  })

  it('revokes the session of the loopToken as well when that is another one', async () => {
    await gate.browser('self-service/logout?token=x', {}, 'ada1', SECOND)
    expect(await gate.revoked()).toEqual([SID, SECOND])
  })

  it("revokes the bearer token's session where Kratos ends that one", async () => {
    const headers = { cookie: 'ory_kratos_session=ada1', authorization: 'Bearer ada2' }
    await gate.fetch('self-service/logout?token=x', { headers })
    expect(await gate.revoked()).toEqual([SECOND])
  })

  it('is carried through when the browser does not wait for the answer', async () => {
    void gate.handle('self-service/logout?token=x', { headers: { cookie: 'ory_kratos_session=ada1' } })
    await new Promise((resolve) => setImmediate(resolve))
    await gate.ctx.settle()
    expect(await gate.revoked()).toEqual([SID])
  })

  it('changes nothing here when Kratos redirects to its error page', async () => {
    gate.kratosAnswers(
      (_request, response) => void response.writeHead(303, { location: '/error?id=1' }).end(),
    )
    const answer = await gate.browser('self-service/logout?token=wrong')
    expect([answer.status, setCookie(answer), await gate.revoked()]).toEqual([303, undefined, []])
  })

  it.each([401, 403, 500])('changes nothing here when Kratos answers %i', async (status) => {
    gate.kratosAnswers((_request, response) => json(response, status, {}))
    const answer = await gate.browser('self-service/logout?token=wrong')
    expect([answer.status, setCookie(answer), await gate.revoked()]).toEqual([status, undefined, []])
  })

  it('changes nothing here without a token, or when it only starts', async () => {
    for (const path of ['self-service/logout', 'self-service/logout/browser?token=x']) {
      const answer = await gate.browser(path)
      expect([answer.status, setCookie(answer), await gate.revoked()]).toEqual([204, undefined, []])
    }
  })

  it('cannot be forced on somebody by a link from a page that the session cookie does not follow', async () => {
    gate.kratosAnswers(
      (_request, response) => void response.writeHead(303, { location: '/error?id=1' }).end(),
    )
    const headers = { cookie: `loopToken=${gate.tokens[SID]}`, 'sec-fetch-site': 'cross-site' }
    const answer = await gate.fetch('self-service/logout?token=x', { headers })
    expect([setCookie(answer), await gate.revoked()]).toEqual([undefined, []])
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
    expect(await gate.revoked()).toEqual([SECOND])
    const { headers, ...forwarded } = gate.kratos.last()
    expect([forwarded.method, forwarded.body, headers['content-length']]).toEqual([
      'DELETE',
      body,
      String(body.length),
    ])
  })

  it('changes nothing here when Kratos refuses', async () => {
    gate.kratosAnswers((_request, response) => json(response, 403, {}))
    const answer = await logout('{"session_token":"ada2"}')
    expect([answer.status, setCookie(answer), await gate.revoked()]).toEqual([403, undefined, []])
  })

  it.each(['', 'not json', '[]', 'null', '{"session_token":7}', '{"session_token":"a.b.c"}'])(
    'leaves the body %j to Kratos',
    async (body) => {
      gate.kratosAnswers((_request, response) => json(response, 400, {}))
      expect((await logout(body)).status).toBe(400)
      expect(gate.kratos.arrived.map((request) => request.body)).toEqual([body])
    },
  )

  it('refuses a body that no session token needs', async () => {
    const answer = await logout(JSON.stringify({ session_token: 'x'.repeat(20_000) }))
    expect([answer.status, gate.kratos.arrived]).toEqual([413, []])
  })
})

describe('when the database is away', () => {
  it('a logout that Kratos has done is no error, and the log says so', async () => {
    await gate.env.db.schema.alterTable('sessions').renameTo('sessions_away').execute()
    const answer = await gate.browser('self-service/logout?token=x')
    expect([answer.status, setCookie(answer)]).toEqual([204, expect.stringContaining('loopToken=;')])
    expect(gate.log.lines.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      'session ended at Kratos is not revoked here',
    ])
  })
})
