import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type HydraConfigOptions, hydraConfig } from '../fixtures/hydra/hydra-config.ts'
import { requirePart } from '../parts/available.ts'
import { diagnose, NOWHERE } from '../parts/diagnose.ts'
import { freePort } from '../parts/free-port.ts'
import { startHydra } from '../parts/hydra.ts'
import { startLocalServer } from '../parts/local-server.ts'
import { json, startStubUpstream } from '../parts/stub-upstream.ts'
import { tempDir } from '../parts/temp-dir.ts'

const TOKEN = 'Qm41-zx8K-vv0T-7pLs-3hYd'
const ISSUER = 'https://auth.example.com/authlance/openid'

describe.skipIf(requirePart('hydra'))('a real Hydra', () => {
  test('below our public path, with the token hook of the service that runs', {
    timeout: 300_000,
  }, async () => {
    const hydra = await startHydra({ issuerUrl: ISSUER })
    onTestFinished(async () => void (await hydra.stop()))
    const mailAuth = { host: '127.0.0.1', port: await freePort(), user: 'mail', password: 'x' }
    const keys = { hydraLoginToken: TOKEN, url: hydra.publicUrl, adminUrl: hydra.adminUrl }
    const kratos = { url: NOWHERE, adminUrl: NOWHERE }
    const server = await startLocalServer({ mailAuth, hydra: keys, kratos, database: { file: ':memory:' } })
    onTestFinished(() => server.stop())

    const config = { mailAuth, hydra: keys, debug: true, cookieDomain: '.example.com' }
    const { stateOf, find } = await diagnose(config)
    for (const id of ['public', 'admin', 'issuer', 'keys', 'token-hook'])
      expect(stateOf(`hydra.${id}`)).toBe('ok')
    expect(find('hydra.token-hook').evidence).toEqual({ status: 204 })
    expect(stateOf('hydra.version')).toBe('skipped')
    expect(stateOf('hydra.settings')).toBe('skipped')
    expect(stateOf('ports.internal')).toBe('ok')

    const other = await diagnose({
      ...config,
      hydra: { ...keys, hydraLoginToken: 'another-token-than-it-runs-with' },
    })
    expect(other.find('hydra.token-hook')).toMatchObject({ state: 'broken', evidence: { status: 401 } })
    expect(JSON.stringify(other.findings)).not.toContain('another-token-than')
  })

  test('with an issuer of its own', { timeout: 300_000 }, async () => {
    const hydra = await startHydra()
    onTestFinished(async () => void (await hydra.stop()))
    const { find } = await diagnose({ hydra: { url: hydra.publicUrl, adminUrl: hydra.adminUrl } })
    expect(find('hydra.issuer')).toMatchObject({
      state: 'broken',
      evidence: { issuer: expect.stringContaining(hydra.publicUrl) },
    })
  })
})

describe('a Hydra that is not in order', () => {
  interface Told {
    ready?: number
    version?: string
    issuer?: string
    keys?: unknown
  }
  async function look(told: Told, config: object = {}, hydra: object = {}) {
    const stub = await startStubUpstream()
    onTestFinished(() => stub.close())
    stub.respond(({ target }, response) => {
      if (target === '/health/ready') return json(response, told.ready ?? 200, {})
      if (target === '/version') return json(response, 200, { version: told.version ?? 'v2.3.0' })
      if (target.endsWith('jwks.json')) return json(response, 200, { keys: told.keys ?? [{}, {}] })
      json(response, 200, { issuer: told.issuer ?? ISSUER })
    })
    return diagnose({
      hydra: { url: stub.url, adminUrl: stub.url, hydraLoginToken: TOKEN, ...hydra },
      ...config,
    })
  }

  test('but one that is has nothing broken', async () => {
    const { findings } = await look({}, { debug: false })
    const own = findings.filter(({ part, state }) => part === 'hydra' && state !== 'ok')
    expect(own.map(({ id, state }) => `${state} ${id}`)).toEqual([
      'skipped hydra.token-hook',
      'skipped hydra.settings',
    ])
  })

  test.each<[string, Told, string, string, object?]>([
    ['not ready', { ready: 503 }, 'hydra.public', 'broken'],
    ['an old one', { version: 'v1.11.8' }, 'hydra.version', 'warn'],
    ['past us', { issuer: 'https://auth.example.com/' }, 'hydra.issuer', 'broken'],
    [
      'an issuer over http',
      { issuer: 'http://auth.example.com/authlance/openid' },
      'hydra.issuer',
      'broken',
      { debug: false },
    ],
    ['another host', {}, 'hydra.issuer', 'warn', { frontend: { url: 'https://app.other.test' } }],
    ['no keys', { keys: [] }, 'hydra.keys', 'broken'],
  ])('%s', async (_, told, id, state, config) => {
    expect((await look(told, config)).stateOf(id)).toBe(state)
  })

  test('without our token, or with half of its addresses', async () => {
    expect((await look({}, {}, { hydraLoginToken: [] })).stateOf('hydra.token-hook')).toBe('broken')
    expect((await look({}, {}, { adminUrl: '' })).stateOf('hydra.admin')).toBe('broken')
    expect((await look({}, {}, { url: '' })).stateOf('hydra.public')).toBe('broken')
  })

  test('whose hook of ours is of another program', async () => {
    const stub = await startStubUpstream()
    onTestFinished(() => stub.close())
    stub.respond((_, response) => json(response, 404, {}))
    const mailAuth = { host: '127.0.0.1', port: stub.port, user: 'mail', password: 'x' }
    const { find, stateOf } = await look({}, { mailAuth })
    expect(find('hydra.token-hook')).toMatchObject({ state: 'broken', evidence: { status: 404 } })
    expect(stateOf('ports.internal')).toBe('broken')
  })

  test('that is away, or not there at all', async () => {
    const away = await diagnose({ hydra: { url: NOWHERE, adminUrl: NOWHERE } })
    expect(['hydra.public', 'hydra.admin'].map(away.stateOf)).toEqual(['broken', 'broken'])
    expect((await diagnose({})).stateOf('hydra.public')).toBe('skipped')
  })
})

describe("Hydra's own settings", () => {
  const MAIL_AUTH = { host: '127.0.0.1', port: 18_802, user: 'mail', password: 'x' }
  const HOOK = 'http://authlance:18802/authlance/identity/token_hook'
  const RIGHT: HydraConfigOptions = {
    publicPort: 4444,
    adminPort: 4445,
    dsn: 'memory',
    issuerUrl: ISSUER,
    loginUrl: 'https://app.example.com/login',
    consentUrl: 'https://app.example.com/consent',
    logoutUrl: 'https://app.example.com/logout',
    tokenHook: { url: HOOK, bearer: TOKEN },
    cookieDomain: 'example.com',
    cookieSameSite: 'None',
  }

  async function look(options: Partial<HydraConfigOptions>) {
    const file = join(tempDir('doctor'), 'hydra.yaml')
    writeFileSync(file, hydraConfig({ ...RIGHT, ...options }))
    const config = {
      mailAuth: MAIL_AUTH,
      cookieDomain: '.example.com',
      frontend: { url: 'https://app.example.com' },
      hydra: { url: NOWHERE, adminUrl: NOWHERE, hydraLoginToken: ['another-one-before', TOKEN] },
    }
    const diagnosis = await diagnose(config, { hydraConfig: file })
    expect(JSON.stringify(diagnosis.findings)).not.toMatch(/Qm41-zx8K|hydra-test-system-secret|wrong-bearer/)
    return diagnosis
  }

  test('that fit are told so, line by line', async () => {
    const { stateOf, all } = await look({})
    for (const id of ['issuer-url', 'hook-target', 'hook-auth', 'pages', 'cookies'])
      expect(stateOf(`hydra.${id}`)).toBe('ok')
    expect(all('hydra.cookie-domain')).toEqual([])
  })

  test.each<[string, string, string, Partial<HydraConfigOptions>]>([
    ['past us', 'hydra.issuer-url', 'broken', { issuerUrl: 'https://auth.example.com/' }],
    ['no token hook', 'hydra.hook-target', 'broken', { tokenHook: undefined }],
    [
      'a token hook of others',
      'hydra.hook-target',
      'broken',
      { tokenHook: { url: 'http://authlance:18802/hook', bearer: TOKEN } },
    ],
    ['another bearer', 'hydra.hook-auth', 'broken', { tokenHook: { url: HOOK, bearer: 'wrong-bearer' } }],
    ['no bearer', 'hydra.hook-auth', 'broken', { tokenHook: { url: HOOK } }],
    ['no login page', 'hydra.pages', 'broken', { loginUrl: '' }],
    ['pages of others', 'hydra.pages', 'warn', { consentUrl: 'https://app.other.test/consent' }],
    ['strict cookies', 'hydra.cookies', 'broken', { cookieSameSite: 'Strict' }],
    ['lax cookies', 'hydra.cookies', 'warn', { cookieSameSite: 'Lax' }],
    ['another cookie domain', 'hydra.cookie-domain', 'warn', { cookieDomain: 'other.test' }],
  ])('%s', async (_, id, state, options) => {
    expect((await look(options)).stateOf(id)).toBe(state)
  })
})
