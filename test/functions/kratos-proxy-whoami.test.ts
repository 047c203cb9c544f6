import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findSession } from '../../lib/identity/principal.ts'
import { setCookie } from '../parts/call.ts'
import { fakeSession } from '../parts/fake-session.ts'
import {
  ADA,
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
    const answer = await gate.browser(path, { method })
    expect([answer.ok, setCookie(answer)]).toEqual([true, expect.stringContaining('loopToken=;')])
    expect(await gate.revoked()).toEqual(expected)
  })

  it('an unknown caller bars no session', async () => {
    gate.sessions.set('ada4', fakeSession({ ...ADA, sid: FRESH }))
    for (const sid of [FRESH, SECOND]) {
      await gate.fetch(`sessions/${sid}`, { method: 'DELETE', headers: { 'x-session-token': 'ada1' } })
    }
    expect([await findSession(gate.env.db, FRESH), await gate.revoked()]).toEqual([undefined, []])
  })

  it('an expired loopToken serves as well', async () => {
    await gate.close()
    gate = await startSignedInGate({ now: Date.now() })
    gate.clock.advance(3_600_000)
    gate.kratos.respond((request, response) =>
      json(response, request.target.includes('whoami') ? 500 : 200, {}),
    )
    await gate.browser('self-service/logout?token=x')
    expect(await gate.revoked()).toEqual([SID])
  })

  it('a forged loopToken does not', async () => {
    gate.tokens[SID] = `${gate.tokens[SID]!.slice(0, -4)}AAAA`
    await gate.browser('self-service/logout?token=x')
    expect(await gate.revoked()).toEqual([])
  })

  it('says in the log that others could not be revoked', async () => {
    await gate.fetch('sessions', { method: 'DELETE', headers: { 'x-session-token': 'ada1' } })
    expect(gate.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
    expect(await gate.revoked()).toEqual([])
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
    const answer = await gate.browser('sessions/whoami')
    expect([answer.status, setCookie(answer)]).toEqual([status, undefined])
  })
})
