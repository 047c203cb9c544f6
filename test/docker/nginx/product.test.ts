import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requirePart } from '../../parts/available.ts'
import { type Gateway, startGateway } from '../../parts/gateway.ts'
import { type Nginx, startNginx } from '../../parts/nginx.ts'
import { type SentOptions, send } from '../../parts/send.ts'
import { startWhoamiStub, type WhoamiStub } from '../../parts/whoami-stub.ts'

const MAIL_AUTH = `Basic ${Buffer.from('mail:mail-password').toString('base64')}`
const HYDRA_TOKEN = 'a-token-of-hydra-that-is-long-enough'

/** Routes of the internal port, with the credentials that they take. */
const INTERNAL: [method: string, target: string][] = [
  ['GET', '/metrics'],
  ['POST', '/authlance/identity/email'],
  ['POST', '/authlance/identity/email/register'],
  ['POST', '/authlance/identity/token_hook'],
]

/** The same path as servers may write it; `//` and what follows are read as the path by some. */
const SPELLINGS: ((target: string) => string)[] = [
  (target) => target,
  (target) => `/${target}`,
  (target) => `${target}/`,
  (target) => `${target}?x=/authlance/`,
  (target) => `/authlance/..${target}`,
  (target) => `/authlance/%2e%2e${target}`,
  (target) => `/authlance/..%2f${target.slice(1)}`,
  (target) => `/authlance/identity/../..${target}`,
  (target) => `/authlance/identity/me/../../..${target}`,
  (target) => `/authlance/..;${target}`,
  (target) => `/authlance\\..${target}`,
  (target) => `/authlance/x/..\\..\\..${target}`,
  (target) => target.replace(/\w(?=\w*$)/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (target) => target.replaceAll('/', '//'),
  (target) => target.replace(/\/(?=\w+$)/, '/./'),
  (target) => target.replace(/(?<=\w)\/(?=\w+$)/, '%2f'),
  (target) => target.replace(/\w+$/, (name) => name.toUpperCase()),
  (target) => `http://127.0.0.1:8001${target}`,
]

describe.skipIf(requirePart('nginx'))('the product behind nginx', () => {
  let kratos: WhoamiStub
  let gateway: Gateway
  let nginx: Nginx
  beforeAll(async () => {
    kratos = await startWhoamiStub()
    gateway = await startGateway({
      database: { file: ':memory:' },
      kratos: { url: kratos.url, adminUrl: kratos.url },
      hydra: { hydraLoginToken: HYDRA_TOKEN },
      trustedProxies: ['127.0.0.1'],
      frontend: { url: 'https://app.example.com' },
    })
    nginx = await startNginx({ apiUrl: gateway.url })
  })
  afterAll(async () => {
    await nginx.stop()
    await gateway.stop()
    await kratos.close()
  })

  const credentials = { authorization: MAIL_AUTH, 'content-type': 'application/json' }
  const exchange = (headers: Record<string, string> = {}) =>
    send(nginx.url, '/authlance/identity/me', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-session-token': 'ada', ...headers },
      body: JSON.stringify({ session: 'sid-ada' }),
    })

  describe.each(INTERNAL)('%s %s', (method, target) => {
    const options: SentOptions = { method, headers: credentials, ...(method === 'POST' && { body: '{}' }) }

    it('is there on the internal port', async () => {
      expect((await send(gateway.internalUrl, target, options)).status).not.toBe(404)
    })

    it('is 404 through nginx and on the API port, however it is written', async () => {
      for (const spell of SPELLINGS) {
        for (const authorization of [MAIL_AUTH, `Bearer ${HYDRA_TOKEN}`]) {
          const asked = { ...options, headers: { ...credentials, authorization } }
          const through = await send(nginx.url, spell(target), asked)
          expect(through.status, spell(target)).toBe(404)
          // Node calls some of these no request at all.
          const direct = await send(gateway.url, spell(target), asked)
          expect([404, 400], spell(target)).toContain(direct.status)
          expect(through.text + direct.text).not.toContain('authlance_')
        }
      }
      expect(kratos.arrived.filter(({ target }) => /email|token_hook|metrics/i.test(target))).toEqual([])
    })
  })

  it('shows whether it answers, and no more of its health', async () => {
    for (const target of ['/livez', '/authlance/identity/api/v1/health']) {
      expect((await send(nginx.url, target)).status).toBe(200)
    }
    for (const target of ['/readyz', '/healthz']) {
      expect((await send(nginx.url, target)).status).toBe(404)
      expect((await send(gateway.internalUrl, target)).status).toBe(200)
    }
  })

  it('signs a session in', async () => {
    const answer = await exchange()
    expect(answer.status).toBe(200)
    expect(answer.headers['set-cookie']![0]).toMatch(/^loopToken=ey/)
    const token = answer.json().token as string

    const tiers = await send(nginx.url, '/authlance/identity/api/v1/profile/my-groups/me', {
      headers: { cookie: `loopToken=${token}` },
    })
    expect([tiers.status, tiers.json()]).toEqual([200, []])
  })

  it('has one request id for both logs and the answer', async () => {
    const answer = await send(nginx.url, '/authlance/identity/api/v1/profile/my-groups/me')
    const id = answer.headers['x-request-id']

    expect([answer.status, answer.json().requestId]).toEqual([401, id])
    expect((await nginx.logged(({ requestId }) => requestId === id)).status).toBe(401)
    await expect.poll(() => gateway.output()).toContain(`"requestId":"${id}"`)
  })

  it('tells Kratos the client that nginx saw, not the one that was claimed', async () => {
    await send(nginx.url, '/authlance/identity/self-service/login/browser', {
      headers: {
        host: 'auth.example.com',
        'x-forwarded-for': '203.0.113.9',
        'true-client-ip': '203.0.113.9',
        'x-real-ip': '203.0.113.9',
        'cf-connecting-ip': '203.0.113.9',
        'cf-ipcountry': 'XX',
        'x-forwarded-proto': 'gopher',
        'x-forwarded-host': 'evil.example.com',
      },
    })
    const { headers } = kratos.last()
    expect(headers['x-forwarded-for']).toMatch(/^127\.0\.0\.1(, 127\.0\.0\.1)?$/)
    expect(headers).toMatchObject({
      'x-forwarded-host': 'auth.example.com',
      'x-forwarded-proto': 'http',
      'x-real-ip': '127.0.0.1',
    })
    expect(JSON.stringify(kratos.last().headers)).not.toMatch(/203\.0\.113|evil|XX/)
  })

  it('takes its own addresses from the configuration and never from Host', async () => {
    const headers = { host: 'evil.example.com', 'x-forwarded-host': 'evil.example.com' }
    for (const target of [
      '/authlance/openapi.json',
      '/authlance/docs',
      '/authlance/identity/me/logout',
      '/authlance/identity/.well-known/jwks.json',
      '/authlance/nothing',
      '/nothing',
    ]) {
      const { text, headers: answered } = await send(nginx.url, target, { headers })
      expect(text + JSON.stringify(answered)).not.toContain('evil')
    }
    const signedIn = await exchange(headers)
    expect(signedIn.status).toBe(200)
    expect(signedIn.text + JSON.stringify(signedIn.headers)).not.toContain('evil')
  })

  it('refuses a large JSON body where nginx would take a form with an avatar', async () => {
    const { token } = (await exchange()).json<{ token: string }>()
    const answer = await send(nginx.url, '/authlance/identity/api/v1/profile/me', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ firstName: 'x'.repeat(1_100_000) }),
    })
    expect([answer.status, answer.json().code]).toEqual([413, 'payload_too_large'])
  })

  it('allows a dashboard of the configured origin, preflight and answer', async () => {
    const origin = 'https://app.example.com'
    const preflight = await send(nginx.url, '/authlance/identity/me', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    })
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, origin])
    expect((await exchange({ origin })).headers['access-control-allow-origin']).toBe(origin)
  })
})
