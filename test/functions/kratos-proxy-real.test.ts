import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findSession } from '../../lib/identity/principal.ts'
import { type Listener, listen } from '../../runtime/node/listen.ts'
import { createServing } from '../../runtime/node/serving.ts'
import { routes } from '../../runtime/routes.generated.ts'
import { requirePart } from '../parts/available.ts'
import { type Browser, createBrowser } from '../parts/browser.ts'
import { freePort } from '../parts/free-port.ts'
import { type Kratos, startKratos } from '../parts/kratos.ts'
import { PASSWORD, registerUser, signInBrowser } from '../parts/kratos-user.ts'
import { createTestEnv, type TestEnv } from '../parts/test-env.ts'

describe.skipIf(requirePart('kratos'))('real Kratos behind us', () => {
  let test: TestEnv
  let kratos: Kratos
  let listener: Listener
  /** Where a browser reaches Kratos: through us. */
  let identity: string

  beforeAll(async () => {
    const port = await freePort()
    const origin = `http://127.0.0.1:${port}`
    identity = `${origin}/authlance/identity`
    kratos = await startKratos({ publicBaseUrl: `${identity}/`, uiBaseUrl: origin })
    const urls = { url: kratos.publicUrl, adminUrl: kratos.adminUrl, proxyRetryMs: 15_000 }
    test = await createTestEnv({ config: { kratos: urls } })
    const api = routes.map(({ route }) => route).filter((route) => route.listener !== 'internal')
    const serving = createServing(test.env)
    listener = await listen(api, () => serving, { host: '127.0.0.1', port })
  })
  afterAll(async () => {
    await listener?.close()
    await test?.close()
    await kratos?.stop()
  })

  async function exchange(browser: Browser, session: string): Promise<string> {
    const answer = await browser.fetch(`${identity}/me`, { json: { session } })
    expect(answer.status).toBe(200)
    return ((await answer.json()) as { token: string }).token
  }
  const sessionOf = async (browser: Browser) =>
    ((await (await browser.fetch(`${identity}/sessions/whoami`)).json()) as { id: string }).id
  const readStatus = async (token: string) =>
    (
      await fetch(`${identity}/api/v1/profile/my-groups/me`, {
        headers: { authorization: `Bearer ${token}` },
      })
    ).status
  const isRevoked = async (sid: string) => (await findSession(test.env.db, sid))?.revokedAt != null

  async function signedIn() {
    const user = await registerUser(identity)
    const { cookie, sid } = await signInBrowser(identity, user)
    const browser = createBrowser(new URL(identity).origin, cookie)
    return { user, sid, browser, token: await exchange(browser, sid) }
  }

  it('registers and signs in with form navigations, cookies and Locations as Kratos sends them', async () => {
    const browser = createBrowser(new URL(identity).origin)
    const email = `form-${Date.now()}@example.com`
    const register = await browser.startFlow(`${identity}/self-service/registration/browser`)
    expect(register.location).toMatch(new RegExp(`^${listener.url}/register\\?flow=`))
    expect(register.action).toMatch(new RegExp(`^${identity}/self-service/registration\\?flow=`))
    const traits = { 'traits.email': email, 'traits.name.first': 'Zoë', 'traits.name.last': 'Ölund' }
    const registered = await browser.submit(register, { ...traits, method: 'password', password: PASSWORD })
    expect([registered.status, registered.headers.get('location')]).toEqual([
      303,
      expect.stringMatching(new RegExp(`^${listener.url}/`)),
    ])
    expect(browser.cookies.has('ory_kratos_session')).toBe(true)
    const sid = await sessionOf(browser)
    await exchange(browser, sid)

    const other = createBrowser(new URL(identity).origin)
    const login = await other.startFlow(`${identity}/self-service/login/browser`)
    const wrong = await other.submit(login, { identifier: email, password: 'wrong', method: 'password' })
    expect([wrong.status, other.cookies.has('ory_kratos_session')]).toEqual([303, false])
    const right = await other.submit(login, { identifier: email, password: PASSWORD, method: 'password' })
    expect(right.status).toBe(303)
    expect(await sessionOf(other)).not.toBe(sid)
  })

  it('refuses the form post of another site before Kratos sees it', async () => {
    const browser = createBrowser('https://evil.example')
    const login = await browser.startFlow(`${identity}/self-service/login/browser`)
    const answer = await browser.submit(login, {
      identifier: 'a@example.com',
      password: 'x',
      method: 'password',
    })
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'origin_not_allowed' }])
  })

  it('a session token wins over the cookie, even a wrong one, and the cookie over a bearer token', async () => {
    const [ada, bob] = [await registerUser(identity), await registerUser(identity)]
    const { cookie } = await signInBrowser(identity, ada)
    const whoami = async (headers: Record<string, string>) => {
      const answer = await fetch(`${kratos.publicUrl}/sessions/whoami`, { headers: { cookie, ...headers } })
      return ((await answer.json()) as { identity?: { id: string } }).identity?.id
    }
    expect(await whoami({ 'x-session-token': bob.sessionToken })).toBe(bob.identity)
    expect(await whoami({ 'x-session-token': 'ory_st_wrong' })).toBeUndefined()
    expect(await whoami({ 'x-session-token': '' })).toBe(ada.identity)
    expect(await whoami({ authorization: `Bearer ${bob.sessionToken}` })).toBe(ada.identity)

    const end = await fetch(`${kratos.publicUrl}/sessions`, {
      method: 'DELETE',
      headers: { cookie, 'x-session-token': 'ory_st_wrong' },
    })
    expect([end.status, await whoami({})]).toEqual([401, ada.identity])
  })

  it("a provider's form post reaches Kratos, which makes a GET of it that carries the cookies", async () => {
    const browser = createBrowser('https://appleid.apple.com')
    await browser.startFlow(`${identity}/self-service/login/browser`)
    const callback = `${identity}/self-service/methods/oidc/callback/apple`
    const body = new URLSearchParams({ state: 's', code: 'c' })
    const answer = await browser.fetch(callback, { method: 'POST', body })
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `${callback}?code=c&state=s`])
  })

  it.each([
    ['a navigation', 'text/html', 303],
    ['a script', 'application/json', 204],
  ])('a logout by %s ends the session on both sides', async (_name, accept, status) => {
    const { browser, sid, token } = await signedIn()
    expect(await readStatus(token)).toBe(200)
    const start = await browser.fetch(`${identity}/self-service/logout/browser`)
    const { logout_url } = (await start.json()) as { logout_url: string }
    expect(logout_url).toMatch(new RegExp(`^${identity}/self-service/logout\\?token=ory_lo_`))

    const wrong = await browser.fetch(`${identity}/self-service/logout?token=ory_lo_wrong`, {
      headers: { accept },
    })
    expect([wrong.ok, wrong.headers.getSetCookie().join()]).toEqual([
      false,
      expect.not.stringContaining('loopToken'),
    ])
    expect([await isRevoked(sid), await readStatus(token)]).toEqual([false, 200])

    const answer = await browser.fetch(logout_url, { headers: { accept } })
    expect(answer.status).toBe(status)
    if (status === 303) expect(answer.headers.get('location')).toBe(`${listener.url}/login`)
    expect(['ory_kratos_session', 'loopToken'].filter((name) => browser.cookies.has(name))).toEqual([])
    expect([await isRevoked(sid), await readStatus(token)]).toEqual([true, 401])
  })

  it("a logout that also carries a bearer token ends that token's session, as Kratos does", async () => {
    const { user, browser, sid } = await signedIn()
    browser.cookies.delete('loopToken')
    const start = await browser.fetch(`${identity}/self-service/logout/browser`)
    const { logout_url } = (await start.json()) as { logout_url: string }
    const headers = { authorization: `Bearer ${user.sessionToken}` }
    expect((await browser.fetch(logout_url, { headers })).status).toBe(204)
    expect([await isRevoked(user.sid), await isRevoked(sid), await sessionOf(browser)]).toEqual([
      true,
      false,
      sid,
    ])
  })

  it('a whoami without a session is 401 and removes the loopToken', async () => {
    const { browser } = await signedIn()
    browser.cookies.delete('ory_kratos_session')
    const answer = await browser.fetch(`${identity}/sessions/whoami`)
    expect([answer.status, await answer.json()]).toMatchObject([401, { error: { code: 401 } }])
    expect(browser.cookies.has('loopToken')).toBe(false)
  })

  it("a token's logout ends that token's session", async () => {
    const { user, browser } = await signedIn()
    const answer = await browser.fetch(`${identity}/self-service/logout/api`, {
      method: 'DELETE',
      json: { session_token: user.sessionToken },
    })
    expect([answer.status, await isRevoked(user.sid), browser.cookies.has('loopToken')]).toEqual([
      204,
      true,
      false,
    ])
    expect(await sessionOf(browser)).toBeDefined()
  })

  it('the end of all others keeps the current session', async () => {
    const { user, browser, sid, token } = await signedIn()
    const other = createBrowser(new URL(identity).origin, (await signInBrowser(identity, user)).cookie)
    const otherSid = await sessionOf(other)
    const otherToken = await exchange(other, otherSid)

    const { sid: neverExchanged } = await signInBrowser(identity, user)

    const answer = await browser.fetch(`${identity}/sessions`, { method: 'DELETE' })
    expect([answer.status, await answer.json()]).toEqual([200, { count: 3 }])
    expect([await isRevoked(sid), await isRevoked(otherSid), await isRevoked(neverExchanged)]).toEqual([
      false,
      true,
      true,
    ])
    expect([await readStatus(token), await readStatus(otherToken)]).toEqual([200, 401])
    expect((await other.fetch(`${identity}/sessions/whoami`)).status).toBe(401)
  })

  it("the end of one session revokes it, and never another user's", async () => {
    const { user, browser } = await signedIn()
    const stranger = await signedIn()
    const own = await browser.fetch(`${identity}/sessions/${user.sid.toUpperCase()}`, { method: 'DELETE' })
    expect([own.status, await isRevoked(user.sid)]).toEqual([204, true])

    const foreign = await browser.fetch(`${identity}/sessions/${stranger.sid}`, { method: 'DELETE' })
    expect([foreign.status, await isRevoked(stranger.sid), await readStatus(stranger.token)]).toEqual([
      204,
      false,
      200,
    ])
  })

  it("the end of a session that is not exchanged bars it when it is the caller's, and only then", async () => {
    const { user, browser } = await signedIn()
    const { sid: own } = await signInBrowser(identity, user)
    const { sid: foreign } = await registerUser(identity)
    for (const sid of [own, foreign, crypto.randomUUID()]) {
      const answer = await browser.fetch(`${identity}/sessions/${sid}`, { method: 'DELETE' })
      expect([answer.status, await isRevoked(sid)]).toEqual([204, sid === own])
    }
  })

  it.each([
    ['POST', 'recovery/code'],
    ['POST', 'recovery/link'],
    ['GET', 'identities'],
    ['GET', 'admin/identities'],
    ['DELETE', 'identities/a0000000-0000-4000-8000-000000000001/sessions'],
  ])('%s %s, which Kratos redirects to its admin address, is our own 404', async (method, path) => {
    const init: RequestInit = { method, redirect: 'manual' }
    const direct = await fetch(`${kratos.publicUrl}/${path}`, init)
    expect([direct.status, direct.headers.get('location')]).toEqual([
      307,
      expect.stringContaining(kratos.adminUrl),
    ])
    const answer = await fetch(`${identity}/${path}`, init)
    expect([answer.status, answer.headers.get('location')]).toEqual([404, null])
    expect(await answer.json()).toMatchObject({ code: 'not_found' })
  })

  it('a restart of Kratos signs nobody out', async () => {
    const { browser, sid, token } = await signedIn()
    await kratos.kill()
    const whoami = sessionOf(browser)
    await kratos.restart()
    expect([await whoami, browser.cookies.has('loopToken'), await readStatus(token)]).toEqual([
      sid,
      true,
      200,
    ])
  })
})
