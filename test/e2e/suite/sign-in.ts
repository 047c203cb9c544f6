import { expect, it } from 'vitest'
import { setCookie } from '../../parts/call.ts'
import { registerUser } from '../../parts/kratos-user.ts'
import { callBare, claimsOf, I, signIn, signUp } from './dashboard.ts'
import type { Transport } from './transport.ts'

const CLEARED =
  /^loopToken=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=\/; SameSite=Lax; HttpOnly$/

/** Signing up, in and out as the dashboard does. */
export function signInTests(gate: () => Transport): void {
  it('signs up, and the exchange gives a token and the same as a cookie', async () => {
    const ada = await signUp(gate())
    const answer = await ada.call('/authlance/identity/me', { json: { session: ada.sid } })
    expect([answer.status, Object.keys(answer.body)]).toEqual([200, ['token']])
    expect(setCookie(answer)).toBe(
      `loopToken=${answer.body.token}; Max-Age=900; Path=/; SameSite=Lax; HttpOnly`,
    )
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('claims can be read by atob, whatever the name is', async () => {
    const zoe = await signUp(gate(), { first: 'Zoë >?~', last: 'Ünal 山田 \u007f🙂' })
    const claims = claimsOf(zoe.token)
    expect(zoe.token.split('.')[1]).toMatch(/^[A-Za-z0-9]+$/)
    const group = claims.user.groups[0]
    expect(claims).toMatchObject({
      iss: 'authlance',
      sub: zoe.identity,
      sid: zoe.sid,
      jti: expect.any(String),
    })
    expect(claims.exp - claims.iat).toBe(900)
    expect(claims.user).toEqual({
      identity: zoe.identity,
      email: zoe.email,
      firstName: 'Zoë >?~',
      lastName: 'Ünal 山田 \u007f🙂',
      roles: [],
      groups: [expect.stringMatching(/^zoe-unal(-[a-z]+)?$/)],
      groupRoles: [{ group, role: 'group-admin', user: zoe.identity }],
      state: 'active',
      verified: false,
    })
  })

  it('exchanges the session token of an app', async () => {
    const user = await registerUser(`${gate().url}/authlance/identity`)
    const answer = await callBare(gate(), '/authlance/identity/me', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-session-token': user.sessionToken },
      body: JSON.stringify({ session: user.sid }),
    })
    expect([answer.status, claimsOf(answer.body.token).sub]).toEqual([200, user.identity])
  })

  it('a session that is not proven is 401, and somebody else’s id as well', async () => {
    const [ada, eve] = [await signUp(gate()), await signUp(gate())]
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ session: ada.sid })
    const bare = await callBare(gate(), '/authlance/identity/me', { method: 'POST', headers, body })
    expect([bare.status, bare.body.code]).toEqual([401, 'unauthenticated'])
    const foreign = await eve.call('/authlance/identity/me', { json: { session: ada.sid } })
    expect([foreign.status, foreign.body.code]).toEqual([401, 'session_invalid'])
  })

  it('signs out: the cookie goes, the token is dead at once, and the session stays dead', async () => {
    const ada = await signUp(gate())
    const other = await signIn(gate(), ada)
    const answer = await ada.call('/authlance/identity/me/logout')
    expect([answer.status, answer.body]).toEqual([200, { message: expect.any(String) }])
    expect(setCookie(answer)).toMatch(CLEARED)
    expect(ada.browser.cookies.has('loopToken')).toBe(false)

    const headers = { authorization: `Bearer ${ada.token}` }
    const dead = await callBare(gate(), `${I}/profile/my-groups/me`, { headers })
    expect([dead.status, dead.body.code]).toEqual([401, 'session_revoked'])
    const again = await ada.call('/authlance/identity/me', { json: { session: ada.sid } })
    expect(again.status).toBe(401)
    expect((await ada.call('/authlance/identity/sessions/whoami')).status).toBe(401)
    expect((await other.call(`${I}/profile/my-groups/me`)).status).toBe(200)
  })

  it('succeeds in signing out without a session, as after any failed whoami', async () => {
    const answer = await callBare(gate(), '/authlance/identity/me/logout')
    expect(answer.status).toBe(200)
    expect(setCookie(answer)).toMatch(CLEARED)
  })

  it('Kratos’ own logout through the proxy revokes the token too', async () => {
    const ada = await signUp(gate())
    const flow = await ada.call('/authlance/identity/self-service/logout/browser')
    const { logout_url: logoutUrl } = flow.body
    expect(logoutUrl).toContain(`${gate().url}/authlance/identity/self-service/logout?token=`)
    const answer = await ada.call(logoutUrl.slice(gate().url.length))
    expect(answer.status).toBe(204)
    expect(setCookie(answer)).toMatch(CLEARED)
    const headers = { authorization: `Bearer ${ada.token}` }
    const dead = await callBare(gate(), `${I}/profile/my-groups/me`, { headers })
    expect([dead.status, dead.body.code]).toEqual([401, 'session_revoked'])
  })

  it('a whoami that says 401 takes the cookie away', async () => {
    const answer = await callBare(gate(), '/authlance/identity/sessions/whoami', {
      headers: { cookie: 'loopToken=old; ory_kratos_session=gone', accept: 'application/json' },
    })
    expect([answer.status, answer.body.error.status]).toEqual([401, 'Unauthorized'])
    expect(setCookie(answer)).toMatch(CLEARED)
  })

  it('a restart of Kratos while the page asks who it is signs nobody out', async () => {
    const ada = await signUp(gate())
    let restarting = true
    const restarted = gate()
      .restartKratos()
      .finally(() => {
        restarting = false
      })
    const statuses = new Set<number>()
    while (restarting) statuses.add((await ada.call('/authlance/identity/sessions/whoami')).status)
    await restarted
    expect([...statuses]).toEqual([200])
    const answer = await ada.call('/authlance/identity/me', { json: { session: ada.sid } })
    expect(answer.status).toBe(200)
  })
}
