import { createHash, randomBytes } from 'node:crypto'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { type Browser, createBrowser } from '../parts/browser.ts'
import { tokensOfLink } from '../parts/dashboard-links.ts'
import { freePort } from '../parts/free-port.ts'
import { type Hydra, startHydra } from '../parts/hydra.ts'
import { type HydraGate, startHydraGate } from '../parts/hydra-gate.ts'

const CALLBACK = 'http://127.0.0.1:9/callback'
const CONSENT = 'admin/oauth2/auth/requests/consent'

describe.skipIf(requirePart('hydra'))('real Hydra behind us', () => {
  let hydra: Hydra
  let gate: HydraGate
  let client: { client_id: string; client_secret: string }
  let issuer: string

  beforeAll(async () => {
    const port = await freePort()
    const origin = `http://127.0.0.1:${port}`
    issuer = `${origin}/authlance/openid`
    hydra = await startHydra({
      issuerUrl: issuer,
      loginUrl: `${origin}/login`,
      consentUrl: `${origin}/consent`,
      logoutUrl: `${origin}/logout`,
      postLogoutUrl: `${origin}/`,
      accessTokenStrategy: 'jwt',
    })
    gate = await startHydraGate({ port, hydra: { url: hydra.publicUrl, adminUrl: hydra.adminUrl } })
    client = await createClient({ scope: 'openid profile email offline_access', skip_consent: false })
  })
  afterAll(async () => {
    await gate?.close()
    await hydra?.stop()
  })

  async function createClient(fields: Record<string, unknown> = {}) {
    const answer = await gate.browse('root', 'admin/clients', {
      method: 'POST',
      json: {
        client_name: 'An application',
        client_secret: randomBytes(12).toString('hex'),
        skip_consent: true,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [CALLBACK],
        scope: 'openid profile email',
        token_endpoint_auth_method: 'client_secret_basic',
        ...fields,
      },
    })
    expect(answer.status).toBe(201)
    return answer.body
  }

  /** What stays between Kratos and Hydra. */
  async function acceptLogin(challenge: string, subject: string): Promise<string> {
    const url = `${hydra.adminUrl}/admin/oauth2/auth/requests/login/accept?login_challenge=${encodeURIComponent(challenge)}`
    const answer = await fetch(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ subject }),
    })
    return ((await answer.json()) as { redirect_to: string }).redirect_to
  }

  const locationOf = (answer: Response) => new URL(answer.headers.get('location')!)

  /** Ada's way from the application to the consent page. */
  async function comeToConsent(scope = 'openid email offline_access') {
    const browser = createBrowser(gate.url)
    const verifier = randomBytes(32).toString('base64url')
    const query = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope,
      state: randomBytes(8).toString('hex'),
      nonce: 'nonce-of-the-application',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
    const login = locationOf(await browser.fetch(`${issuer}/oauth2/auth?${query}`))
    expect(login.href).toMatch(new RegExp(`^${gate.url}/login\\?login_challenge=`))
    const next = await acceptLogin(login.searchParams.get('login_challenge')!, gate.identities.ada)
    expect(next).toMatch(new RegExp(`^${issuer}/oauth2/auth\\?`))
    const consent = locationOf(await browser.fetch(next))
    expect(consent.href).toMatch(new RegExp(`^${gate.url}/consent\\?consent_challenge=`))
    return { browser, verifier, query: `?${consent.searchParams}` }
  }

  async function settle(browser: Browser, redirectTo: string): Promise<URLSearchParams> {
    const back = locationOf(await browser.fetch(redirectTo))
    expect(back.href).toMatch(/^http:\/\/127\.0\.0\.1:9\/callback\?/)
    return back.searchParams
  }

  const askForToken = (grant: Record<string, string>) =>
    fetch(`${issuer}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}` },
      body: new URLSearchParams(grant),
    }).then(async (answer) => ({
      status: answer.status,
      body: (await answer.json()) as Record<string, string>,
    }))

  it('signs a user in with the code flow and PKCE, consent being given by its subject', async () => {
    const { browser, verifier, query } = await comeToConsent()

    const asked = await gate.browse('ada', CONSENT + query)
    expect([asked.status, asked.body]).toMatchObject([
      200,
      {
        subject: gate.identities.ada,
        skip: false,
        requested_scope: ['openid', 'email', 'offline_access'],
        client: { client_id: client.client_id, client_name: 'An application' },
      },
    ])
    const accept = {
      grant_scope: ['openid', 'offline_access', 'profile', 'admin'],
      session: { id_token: { email: 'forged' } },
      remember: true,
      remember_for: 0,
    }
    for (const stranger of ['eve', 'root'] as const) {
      const answers = [
        await gate.browse(stranger, CONSENT + query),
        await gate.browse(stranger, `${CONSENT}/accept${query}`, { method: 'PUT', json: accept }),
        await gate.browse(stranger, `${CONSENT}/reject${query}`, { method: 'PUT', json: {} }),
      ]
      expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
        Array(3).fill([404, 'not_found']),
      )
    }
    const accepted = await gate.browse('ada', `${CONSENT}/accept${query}`, { method: 'PUT', json: accept })
    expect(accepted.status).toBe(200)

    const back = await settle(browser, accepted.body.redirect_to)
    const grant = { grant_type: 'authorization_code', redirect_uri: CALLBACK, code: back.get('code')! }
    const { status, body } = await askForToken({ ...grant, code_verifier: verifier })
    expect([status, body.scope]).toEqual([200, 'openid offline_access'])
    const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
    const { payload } = await jwtVerify(body.id_token!, keys, { issuer, audience: client.client_id })
    expect(payload).toMatchObject({ sub: gate.identities.ada, nonce: 'nonce-of-the-application' })
    expect(payload.email).toBeUndefined()

    expect(decodeJwt(body.access_token!)).toMatchObject({ iss: issuer, scp: ['openid', 'offline_access'] })
    const userinfo = await fetch(`${issuer}/userinfo`, {
      headers: { authorization: `Bearer ${body.access_token}` },
    })
    expect([userinfo.status, await userinfo.json()]).toMatchObject([200, { sub: gate.identities.ada }])
    const refreshed = await askForToken({ grant_type: 'refresh_token', refresh_token: body.refresh_token! })
    expect([refreshed.status, refreshed.body.scope]).toEqual([200, 'openid offline_access'])
    expect(JSON.stringify(gate.log.lines)).not.toContain(client.client_secret)
  })

  it('remembers a consent for an hour, though it is asked to for ever', async () => {
    for (const forever of [0, 99_999_999]) {
      const { browser, query } = await comeToConsent('openid')
      const json = { grant_scope: ['openid'], remember: true, remember_for: forever }
      const { body } = await gate.browse('ada', `${CONSENT}/accept${query}`, { method: 'PUT', json })
      await settle(browser, body.redirect_to)
    }
    const path = `/admin/oauth2/auth/sessions/consent?subject=${gate.identities.ada}`
    const sessions = (await (await fetch(hydra.adminUrl + path)).json()) as Record<string, unknown>[]
    expect(sessions.length).toBeGreaterThan(0)
    for (const session of sessions) expect(session).toMatchObject({ remember: true, remember_for: 3600 })
  })

  it('tells the application that its user refused', async () => {
    const { browser, query } = await comeToConsent('openid profile')
    const rejected = await gate.browse('ada', `${CONSENT}/reject${query}`, { method: 'PUT', json: {} })
    const back = await settle(browser, rejected.body.redirect_to)
    expect([back.get('error'), back.get('code')]).toEqual(['access_denied', null])
  })

  it.each(['x', 'eyJhbGciOiJub25lIn0.e30.', 'ÿ'.repeat(2000)])(
    'knows no consent challenge %#',
    async (challenge) => {
      const query = `?consent_challenge=${encodeURIComponent(challenge)}`
      expect(await gate.browse('ada', CONSENT + query)).toMatchObject({
        status: 404,
        body: { code: 'not_found' },
      })
    },
  )

  it('serves discovery and keys under the issuer, to be cached for a minute', async () => {
    for (const path of ['.well-known/openid-configuration', '.well-known/jwks.json']) {
      const answer = await gate.browse(undefined, path)
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([
        200,
        expect.stringMatching(/^public, max-age=60/),
      ])
    }
    const { body } = await gate.browse(undefined, '.well-known/openid-configuration')
    expect(body).toMatchObject({
      issuer,
      token_endpoint: `${issuer}/oauth2/token`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
    })
  })

  it('comes back from a sign-out to the page that Hydra was given', async () => {
    const answer = await fetch(`${issuer}/oauth2/sessions/logout`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `${gate.url}/`])
  })

  it('keeps a client of the dashboard whole from its making to its end', async () => {
    const { client_id: id, client_secret: secret } = await createClient({ client_name: 'Changing' })
    const made = await gate.browse('root', `admin/clients/${id}`)
    expect(made.body).toMatchObject({
      client_name: 'Changing',
      skip_consent: true,
      redirect_uris: [CALLBACK],
    })
    expect(JSON.stringify(made.body)).not.toContain(secret)

    const uris = ['https://a.example/cb', 'https://b.example/cb']
    const patched = await gate.browse('root', `admin/clients/${id}`, {
      method: 'PATCH',
      json: [
        { op: 'replace', path: '/client_name', value: 'Changed' },
        { op: 'replace', path: '/redirect_uris', value: [uris.join(', ')] },
      ],
    })
    expect([patched.status, patched.body]).toMatchObject([
      200,
      { client_name: 'Changed', redirect_uris: uris },
    ])

    const replaced = await gate.browse('root', `admin/clients/${id}`, {
      method: 'PUT',
      json: { ...patched.body, client_name: 'Replaced' },
    })
    expect([replaced.status, replaced.body]).toMatchObject([
      200,
      { client_name: 'Replaced', redirect_uris: uris },
    ])
    expect((await gate.browse('root', `admin/clients/${id}`, { method: 'DELETE' })).status).toBe(204)
    const gone = await gate.browse('root', `admin/clients/${id}`)
    expect([gone.status, typeof gone.body.error]).toEqual([404, 'string'])
  })

  it("relays Hydra's own words for a client that it does not take", async () => {
    const answer = await gate.browse('root', 'admin/clients', {
      method: 'POST',
      json: { redirect_uris: ['https://a.example/#x'] },
    })
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_redirect_uri'])
  })

  it('leads through 25 clients, forth and back, as the dashboard reads the links', async () => {
    const owner = 'owner, of "many" & more'
    const made = new Set<string>()
    for (let index = 0; index < 25; index++)
      made.add((await createClient({ owner, client_name: `c${index}` })).client_id)
    const list = (token?: string) =>
      gate.browse(
        'root',
        `admin/clients?${new URLSearchParams({ page_size: '10', ...(token && { page_token: token }) })}`,
      )

    const seen: string[] = []
    const sizes: number[] = []
    let page = await list()
    for (let pages = 1; pages <= 10; pages++) {
      seen.push(...page.body.map((listed: { client_id: string }) => listed.client_id))
      sizes.push(page.body.length)
      const next = tokensOfLink(page.headers.get('link')!).get('next')
      if (!next) break
      page = await list(next)
    }
    expect([...made].filter((id) => !seen.includes(id))).toEqual([])
    expect([new Set(seen).size, sizes.slice(0, 2)]).toEqual([seen.length, [10, 10]])

    const back = await list(tokensOfLink(page.headers.get('link')!).get('prev'))
    expect(back.body.map((listed: { client_id: string }) => listed.client_id)).toEqual(seen.slice(10, 20))
    const first = await list(tokensOfLink(back.headers.get('link')!).get('prev'))
    expect(tokensOfLink(first.headers.get('link')!).get('prev') ?? '').toBe('')

    const owned = await gate.browse(
      'root',
      `admin/clients?${new URLSearchParams({ owner, page_size: '30' })}`,
    )
    expect([owned.body.length, tokensOfLink(owned.headers.get('link')!).get('next')]).toEqual([25, undefined])
    const none = await gate.browse('root', 'admin/clients?client_name=nobody&page_size=10')
    expect([none.body, [...tokensOfLink(none.headers.get('link')!).keys()]]).toEqual([[], ['first']])
  })

  it.each([
    'admin/clients',
    'admin/keys/hydra.openid.id-token',
    'admin/oauth2/introspect',
    'oauth2/introspect',
    'version',
  ])('%s is out of reach on the public side', async (path) => {
    const escaped = path.replace('admin', '%61dmin')
    for (const form of [
      `oauth2/../${path}`,
      `.well-known/..%2f${path}`,
      escaped === path ? `${path}/` : escaped,
    ]) {
      const answer = await gate.browse('ada', form)
      expect([form, [403, 404].includes(answer.status), answer.body.keys]).toEqual([form, true, undefined])
    }
  })
})
