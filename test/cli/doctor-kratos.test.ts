import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type KratosConfigOptions, kratosConfig } from '../fixtures/kratos/kratos-config.ts'
import { requirePart } from '../parts/available.ts'
import { diagnose, NOWHERE } from '../parts/diagnose.ts'
import { startEmulatedKratos } from '../parts/emulated-kratos.ts'
import { startKratos } from '../parts/kratos.ts'
import { registerUser } from '../parts/kratos-user.ts'
import { json, type StubUpstream, startStubUpstream } from '../parts/stub-upstream.ts'
import { tempDir } from '../parts/temp-dir.ts'

const HOUR = 3_600_000

describe.skipIf(requirePart('kratos'))('a real Kratos', () => {
  test('whose mails we refuse: they are named as it gives them up', { timeout: 90_000 }, async () => {
    const receiver = await startStubUpstream()
    receiver.respond((_, response) => json(response, 400, {}))
    const kratos = await startKratos({
      courierUrl: `${receiver.url}/authlance/identity/email`,
      courierPullWait: '50ms',
      publicBaseUrl: 'https://auth.example.com/authlance/identity/',
    })
    onTestFinished(async () => {
      await kratos.stop()
      await receiver.close()
    })
    const { email } = await registerUser(kratos.publicUrl)
    const look = () =>
      diagnose({
        kratos: { url: kratos.publicUrl, adminUrl: kratos.adminUrl },
        frontend: { url: 'https://app.example.com' },
        cookieDomain: '.example.com',
      })
    let { find, stateOf, all } = await look()
    while (all('kratos.abandoned').every(({ state }) => state === 'ok')) {
      await sleep(500)
      ;({ find, stateOf, all } = await look())
    }
    const masked = `u***@${email.split('@')[1]}`
    expect(find('kratos.abandoned')).toMatchObject({
      state: 'broken',
      message: expect.stringContaining(`verification_code_valid to ${masked} of `),
      evidence: {
        template: 'verification_code_valid',
        recipient: masked,
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    })
    expect(JSON.stringify(all('kratos.abandoned'))).not.toContain(email)
    for (const id of ['public', 'admin', 'clock', 'base-url', 'schema', 'queued'])
      expect(stateOf(`kratos.${id}`)).toBe('ok')
    // Built from source, it has no version.
    expect(find('kratos.version')).toMatchObject({ state: 'skipped', evidence: { version: 'master' } })
    expect(stateOf('kratos.settings')).toBe('skipped')
  })
})

test('the emulator of development is a Kratos in order', async () => {
  const kratos = await startEmulatedKratos('http://127.0.0.1:8000')
  onTestFinished(() => kratos.stop())
  const { findings, stateOf } = await diagnose({
    kratos: { url: kratos.publicUrl, adminUrl: kratos.adminUrl },
  })
  const own = findings.filter(({ part, state }) => part === 'kratos' && state !== 'ok')
  expect(own.map(({ id }) => id)).toEqual(['kratos.settings'])
  expect(stateOf('kratos.version')).toBe('ok')
})

describe('a Kratos that is not in order', () => {
  interface Told {
    ready?: number
    version?: string
    action?: string
    schemas?: unknown
    abandoned?: object[]
    queued?: object[]
    courierStatus?: number
    dateMs?: number
  }
  const SCHEMA = { properties: { traits: { properties: { email: {}, name: {} } } } }

  function tell(stub: StubUpstream, told: Told): void {
    stub.respond(({ target }, response) => {
      if (told.dateMs) response.setHeader('date', new Date(told.dateMs).toUTCString())
      if (target.endsWith('/health/ready')) return json(response, told.ready ?? 200, {})
      if (target === '/admin/version') return json(response, 200, { version: told.version ?? 'v1.3.1' })
      if (target === '/self-service/login/api') {
        const action = told.action ?? 'https://auth.example.com/authlance/identity/self-service/login?flow=1'
        return json(response, 200, { ui: { action } })
      }
      if (target.startsWith('/schemas'))
        return json(response, 200, told.schemas ?? [{ id: 'default', schema: SCHEMA }])
      if (told.courierStatus) return json(response, told.courierStatus, {})
      json(response, 200, (target.includes('status=abandoned') ? told.abandoned : told.queued) ?? [])
    })
  }

  const mail = (ageMs: number, n = 1) => ({
    id: `mail-${n}`,
    status: 'abandoned',
    recipient: `ada-${n}@example.com`,
    template_type: 'recovery_code_valid',
    send_count: 6,
    created_at: new Date(Date.now() - ageMs).toISOString(),
  })

  async function look(told: Told, keys: object = {}) {
    const stub = await startStubUpstream()
    onTestFinished(() => stub.close())
    tell(stub, told)
    return diagnose({ kratos: { url: stub.url, adminUrl: stub.url }, ...keys })
  }

  test.each<[string, Told, string, string]>([
    ['not ready', { ready: 503 }, 'kratos.public', 'broken'],
    ['an old one', { version: 'v0.13.0' }, 'kratos.version', 'warn'],
    [
      'reached by browsers directly',
      { action: 'https://auth.example.com/self-service/login?flow=1' },
      'kratos.base-url',
      'broken',
    ],
    ['without the schema', { schemas: [{ id: 'other', schema: SCHEMA }] }, 'kratos.schema', 'broken'],
    [
      'with a schema without names',
      { schemas: [{ id: 'default', schema: { properties: { traits: { properties: { email: {} } } } } }] },
      'kratos.schema',
      'warn',
    ],
    ['with an old mail given up', { abandoned: [mail(48 * HOUR)] }, 'kratos.abandoned', 'warn'],
    ['with a fresh mail given up', { abandoned: [mail(60_000)] }, 'kratos.abandoned', 'broken'],
    ['with mail that waits', { queued: [mail(120_000)] }, 'kratos.queued', 'warn'],
    ['with mail that waits long', { queued: [mail(HOUR)] }, 'kratos.queued', 'broken'],
    ['with a courier that does not list', { courierStatus: 500 }, 'kratos.abandoned', 'warn'],
    ['with another time', { dateMs: Date.now() - 120_000 }, 'kratos.clock', 'broken'],
  ])('%s', async (_, told, id, state) => {
    expect((await look(told)).stateOf(id)).toBe(state)
  })

  test('at a host that the configuration does not name', async () => {
    const { stateOf } = await look({}, { frontend: { url: 'https://app.other.test' } })
    expect(stateOf('kratos.base-url')).toBe('warn')
  })

  test('with more mails given up than are named', async () => {
    const { all } = await look({ abandoned: Array.from({ length: 30 }, (_, n) => mail(48 * HOUR, n)) })
    const found = all('kratos.abandoned')
    expect(found).toHaveLength(21)
    expect(found[3]!.message).toContain('recovery_code_valid to a***@example.com')
    expect(found[20]!.message).toBe('10 further mails were given up')
  })

  test('that is away', async () => {
    const { stateOf, findings } = await diagnose({})
    expect(['kratos.public', 'kratos.admin'].map(stateOf)).toEqual(['broken', 'broken'])
    expect(findings.filter(({ part }) => part === 'kratos')).toHaveLength(3)
  })
})

describe("Kratos' own settings", () => {
  const MAIL_AUTH = { host: '127.0.0.1', port: 18_801, user: 'kratos', password: 'G7h2-kd93-mmPq-81sz' }
  const OURS = 'http://authlance:18801/authlance/identity'
  const RIGHT: KratosConfigOptions = {
    publicPort: 4433,
    adminPort: 4434,
    dsn: 'memory',
    publicBaseUrl: 'https://auth.example.com/authlance/identity/',
    uiBaseUrl: 'https://app.example.com',
    courierUrl: `${OURS}/email`,
    courierAuth: MAIL_AUTH,
    registrationHookUrl: `${OURS}/email/register`,
    registrationHookAuth: MAIL_AUTH,
    cookieDomain: 'example.com',
    oauth2ProviderUrl: 'http://hydra:4445',
  }
  // biome-ignore lint/suspicious/noExplicitAny: the settings of another program, as deep as they are
  type Changed = (settings: any) => void

  async function look(options: Partial<KratosConfigOptions> = {}, change: Changed = () => undefined) {
    const settings = JSON.parse(kratosConfig({ ...RIGHT, ...options }))
    change(settings)
    const file = join(tempDir('doctor'), 'kratos.yaml')
    writeFileSync(file, JSON.stringify(settings))
    const config = {
      mailAuth: MAIL_AUTH,
      cookieDomain: '.example.com',
      hydra: { url: NOWHERE, adminUrl: NOWHERE },
    }
    const diagnosis = await diagnose(config, { kratosConfig: file })
    expect(JSON.stringify(diagnosis.findings)).not.toMatch(
      /G7h2-kd93|kratos-test-cookie-secret|another-password/,
    )
    return diagnosis
  }
  const CHECKS = [
    'courier-target',
    'courier-auth',
    'hook',
    'public-url',
    'cookie-name',
    'cookie-domain',
    'leak-check',
    'schema-id',
    'oauth2-provider',
  ]

  test('that fit are told so, line by line', async () => {
    const { stateOf } = await look()
    expect(CHECKS.map((check) => `${check} ${stateOf(`kratos.${check}`)}`)).toEqual(
      CHECKS.map((check) => `${check} ok`),
    )
  })

  const wrongAuth = { user: 'kratos', password: 'another-password' }
  test.each<[string, string, string, Partial<KratosConfigOptions>, Changed?]>([
    ['no mail over HTTP', 'kratos.courier-target', 'broken', { courierUrl: undefined }],
    [
      'mail to another path',
      'kratos.courier-target',
      'broken',
      { courierUrl: 'http://authlance:18801/mail' },
    ],
    [
      'mail to another port',
      'kratos.courier-target',
      'warn',
      { courierUrl: 'http://authlance:8001/authlance/identity/email' },
    ],
    ['another password', 'kratos.courier-auth', 'broken', { courierAuth: wrongAuth }],
    ['no password', 'kratos.courier-auth', 'broken', { courierAuth: undefined }],
    ['no hook', 'kratos.hook', 'warn', { registrationHookUrl: undefined }],
    ['another password of the hook', 'kratos.hook', 'broken', { registrationHookAuth: wrongAuth }],
    ['past us', 'kratos.public-url', 'broken', { publicBaseUrl: 'https://auth.example.com/' }],
    ['another cookie domain', 'kratos.cookie-domain', 'warn', { cookieDomain: 'other.test' }],
    ['no Hydra', 'kratos.oauth2-provider', 'broken', { oauth2ProviderUrl: undefined }],
    [
      'another cookie name',
      'kratos.cookie-name',
      'broken',
      {},
      (settings) => {
        settings.session.cookie.name = 'sid'
      },
    ],
    [
      'leaked passwords',
      'kratos.leak-check',
      'warn',
      {},
      (settings) => {
        delete settings.selfservice.methods.password.config.haveibeenpwned_enabled
      },
    ],
    [
      'another default schema',
      'kratos.schema-id',
      'broken',
      {},
      (settings) => {
        settings.identity.default_schema_id = 'person'
      },
    ],
  ])('%s', async (_, id, state, options, change) => {
    expect((await look(options, change)).stateOf(id)).toBe(state)
  })

  test('with a mail channel, and credentials in a header, are read as well', async () => {
    const header = `Basic ${Buffer.from(`${MAIL_AUTH.user}:${MAIL_AUTH.password}`).toString('base64')}`
    const { stateOf } = await look({}, (settings) => {
      const { auth: _, ...request_config } = settings.courier.http.request_config
      const headers = { Authorization: header }
      settings.courier = {
        channels: [{ id: 'email', type: 'http', request_config: { ...request_config, headers } }],
      }
      const [hook] = settings.selfservice.flows.registration.after.password.hooks
      hook.config.auth = { type: 'api_key', config: { in: 'header', name: 'Authorization', value: header } }
    })
    expect(['courier-target', 'courier-auth', 'hook'].map((check) => stateOf(`kratos.${check}`))).toEqual([
      'ok',
      'ok',
      'ok',
    ])
  })

  test('that are not there, or no YAML, are a finding without their text', async () => {
    const none = await diagnose({}, { kratosConfig: '/no/such/kratos.yaml' })
    expect(none.all('kratos.settings')[0]).toMatchObject({
      state: 'broken',
      message: expect.stringContaining('no such file'),
    })
    const file = join(tempDir('doctor'), 'kratos.yaml')
    writeFileSync(file, 'secrets: [hidden-thing\n  a: }')
    const { all } = await diagnose({}, { kratosConfig: file })
    expect(all('kratos.settings')[0]).toMatchObject({
      state: 'broken',
      message: expect.stringContaining('no valid YAML'),
    })
    expect(JSON.stringify(all('kratos.settings'))).not.toContain('hidden-thing')
  })
})
