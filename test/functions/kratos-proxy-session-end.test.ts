import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findSession } from '../../lib/identity/principal.ts'
import { setCookie } from '../parts/call.ts'
import { fakeSession } from '../parts/fake-session.ts'
import {
  ADA,
  EVE,
  EVES,
  FRESH,
  SECOND,
  SID,
  type SignedInGate,
  startSignedInGate,
  THIRD,
} from '../parts/signed-in-gate.ts'
import { json } from '../parts/stub-upstream.ts'

let gate: SignedInGate
beforeEach(async () => {
  gate = await startSignedInGate()
})
afterEach(() => gate.close())

describe('the end of all other sessions', () => {
  it('revokes the others of the same user and not the current one', async () => {
    gate.kratosAnswers((_request, response) => json(response, 200, { count: 2 }))
    const answer = await gate.browser('sessions', { method: 'DELETE' })
    expect([answer.status, setCookie(answer)]).toEqual([200, expect.stringContaining('loopToken=;')])
    expect(await answer.json()).toEqual({ count: 2 })
    expect(await gate.revoked()).toEqual([SECOND, THIRD])
  })

  it.each([
    ['X-Session-Token', { 'x-session-token': 'ada2' }],
    ['X-Session-Cookie', { 'x-session-cookie': 'ada2' }],
    ['a bearer token', { authorization: 'Bearer ada2' }],
  ])('goes by the session of %s', async (_name, headers) => {
    gate.kratosAnswers((_request, response) => json(response, 200, { count: 2 }))
    await gate.fetch('sessions', { method: 'DELETE', headers: headers as Record<string, string> })
    expect(await gate.revoked()).toEqual([SID, THIRD])
  })

  it('changes nothing here when Kratos refuses', async () => {
    gate.kratosAnswers((_request, response) => json(response, 401, {}))
    const answer = await gate.fetch('sessions', { method: 'DELETE' })
    expect([answer.status, setCookie(answer), await gate.revoked()]).toEqual([401, undefined, []])
  })
})

describe('the end of all other sessions, of which one is being exchanged', () => {
  const endOthers = () => gate.browser('sessions', { method: 'DELETE' })
  /** Lists these sessions for the caller, as Kratos does: page 1 is the first, and none is left once they have ended. */
  function kratosLists(sids: string[]) {
    let listed = sids
    gate.kratosAnswers(({ method, target, headers }, response) => {
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
    gate.sessions.set('ada4', fakeSession({ ...ADA, sid: FRESH }))
    kratosLists([SECOND, THIRD, FRESH])
    expect((await endOthers()).status).toBe(200)
    expect(await gate.revoked()).toEqual([SECOND, THIRD])
    expect(await findSession(gate.env.db, FRESH)).toMatchObject({ revokedAt: expect.any(Number) })
    expect(await gate.exchange('ada4', FRESH)).toBeUndefined()
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
    gate.kratosAnswers(({ method }, response) =>
      method === 'GET' ? json(response, 200, [{ id: FRESH }]) : json(response, 403, {}),
    )
    expect((await endOthers()).status).toBe(403)
    expect([await findSession(gate.env.db, FRESH), await gate.revoked()]).toEqual([undefined, []])
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
    gate.kratosAnswers(({ method }, response) =>
      method === 'GET' ? json(response, status, body) : json(response, 200, { count: 2 }),
    )
    expect((await endOthers()).status).toBe(200)
    expect(await gate.revoked()).toEqual([SECOND, THIRD])
    expect(gate.log.lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'other sessions at Kratos are not known: those not exchanged yet are not barred here',
      }),
    )
  })
})

describe('the end of one session', () => {
  const end = (id: string) => gate.browser(`sessions/${id}`, { method: 'DELETE' })

  it.each([SECOND, SECOND.toUpperCase(), SECOND.replaceAll('-', ''), SECOND.replace('c1', '%631')])(
    'revokes it, written as %s',
    async (id) => {
      const answer = await end(id)
      expect([answer.status, setCookie(answer)]).toEqual([204, expect.stringContaining('loopToken=;')])
      expect(await gate.revoked()).toEqual([SECOND])
    },
  )

  it("leaves another user's session alone although Kratos answers 204", async () => {
    expect((await end(EVES)).status).toBe(204)
    expect(await gate.revoked()).toEqual([])
  })

  it('leaves a tombstone for one that was never exchanged, though Kratos then forgets it', async () => {
    gate.sessions.set('ada4', fakeSession({ ...ADA, sid: FRESH }))
    gate.kratosAnswers((_request, response) => {
      gate.sessions.delete('ada4')
      response.writeHead(204).end()
    })
    await end(FRESH.toUpperCase())
    expect(await findSession(gate.env.db, FRESH)).toMatchObject({ revokedAt: expect.any(Number) })
  })

  it("leaves none for another user's that was never exchanged", async () => {
    gate.sessions.set('eve2', fakeSession({ ...EVE, sid: FRESH }))
    expect((await end(FRESH)).status).toBe(204)
    expect(await findSession(gate.env.db, FRESH)).toBeUndefined()
    expect(await gate.exchange('eve2', FRESH)).toBeDefined()
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
    expect([answer.status, setCookie(answer), await gate.revoked()]).toEqual([204, undefined, []])
  })
})
