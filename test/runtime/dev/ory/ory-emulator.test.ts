import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createOryEmulator, type Mail, type OryEmulator } from '../../../../runtime/dev/ory/ory-emulator.ts'
import { uiUrls } from './emulator-target.ts'

const password = 'correct horse battery staple'
const origin = 'http://127.0.0.1:4433'
const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0).reverse()) close()
})

function tempDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ory-emulator-'))
  open.push(() => rmSync(directory, { recursive: true }))
  return directory
}

type Options = Partial<Parameters<typeof createOryEmulator>[0]>

function start(options: Options = {}): OryEmulator {
  const emulator = createOryEmulator({
    publicBaseUrl: 'http://127.0.0.1:8000/authlance/identity/',
    adminBaseUrl: 'http://127.0.0.1:4434/',
    uiUrls: uiUrls('http://127.0.0.1:8000'),
    ...options,
  })
  open.push(emulator.close)
  return emulator
}

async function call(
  emulator: OryEmulator,
  path: string,
  json?: object,
  headers: Record<string, string> = {},
) {
  const request = new Request(`${origin}${path}`, {
    method: json ? 'POST' : 'GET',
    headers: {
      accept: 'application/json',
      ...(json ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    ...(json ? { body: JSON.stringify(json) } : {}),
  })
  const response = await emulator.publicFetch(request)
  // biome-ignore lint/suspicious/noExplicitAny: the answers' JSON is read freely
  const body: any = await response.json().catch(() => undefined)
  return { status: response.status, headers: response.headers, body }
}

async function submit(
  emulator: OryEmulator,
  kind: string,
  json: object,
  headers: Record<string, string> = {},
) {
  const flow = await call(emulator, `/self-service/${kind}/api`, undefined, headers)
  return call(emulator, `/self-service/${kind}?flow=${flow.body.id}`, json, headers)
}

const register = (emulator: OryEmulator, email: string) =>
  submit(emulator, 'registration', { method: 'password', password, traits: { email } })

const whoami = (emulator: OryEmulator, token: string) =>
  call(emulator, '/sessions/whoami', undefined, { 'x-session-token': token })

describe('what is stored', () => {
  it('keeps people, sessions, cookies and mails over a restart', async () => {
    const dataFile = join(tempDirectory(), 'deep', 'ory.sqlite')
    const first = start({ dataFile })
    const { body } = await register(first, 'kept@example.com')
    const flow = await call(first, '/self-service/login/browser')
    const [csrfCookie = ''] = flow.headers.getSetCookie().map((line) => line.split(';')[0] ?? '')
    const csrf = flow.body.ui.nodes[0].attributes.value
    first.close()
    open.pop()

    const second = start({ dataFile })
    expect((await whoami(second, body.session_token)).body.identity.id).toBe(body.identity.id)
    expect(second.mails().map(({ recipient }) => recipient)).toEqual(['kept@example.com'])
    const login = await call(
      second,
      `/self-service/login?flow=${flow.body.id}`,
      { method: 'password', identifier: 'kept@example.com', password, csrf_token: csrf },
      { cookie: csrfCookie },
    )
    expect(login.status).toBe(200)
  })

  it('lets one of several simultaneous registrations of an address win', async () => {
    const emulator = start()
    const answers = await Promise.all(Array.from({ length: 8 }, () => register(emulator, 'race@example.com')))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const { status, body } of answers) {
      if (status !== 200) expect(body.ui.messages[0].id).toBe(4000007)
    }
  })

  it('hashes passwords', async () => {
    const dataFile = join(tempDirectory(), 'ory.sqlite')
    const emulator = start({ dataFile })
    await register(emulator, 'hash@example.com')
    const request = new Request('http://127.0.0.1:4434/admin/identities?include_credential=password')
    const [identity] = (await (await emulator.adminFetch(request)).json()) as {
      credentials: { password: { config: { hashed_password: string } } }
    }[]
    expect(identity!.credentials.password.config.hashed_password).toMatch(/^scrypt\$4096\$/)
  })
})

describe('time', () => {
  it('ends sessions, flows and codes by its clock', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z')
    const emulator = start({ clock: { now: () => now } })
    const { body } = await register(emulator, 'clock@example.com')
    expect(body.session.expires_at).toBe('2026-01-02T00:00:00.000Z')
    const flow = await call(emulator, '/self-service/login/api')

    now += 3_600_001
    const late = await call(emulator, `/self-service/login?flow=${flow.body.id}`, { method: 'password' })
    expect([late.status, late.body.error.id]).toEqual([410, 'self_service_flow_expired'])
    expect((await whoami(emulator, body.session_token)).status).toBe(200)

    now += 86_400_000
    expect((await whoami(emulator, body.session_token)).status).toBe(401)
  })

  it('takes lifespans from its options', async () => {
    let now = Date.now()
    const emulator = start({ clock: { now: () => now }, lifespans: { sessionSeconds: 5 } })
    const { body } = await register(emulator, 'brief@example.com')
    now += 5001
    expect((await whoami(emulator, body.session_token)).status).toBe(401)
  })
})

describe('mails', () => {
  it('tells of each mail once, with its code', async () => {
    const told: Mail[] = []
    const emulator = start({ onMail: (mail) => void told.push(mail) })
    await register(emulator, 'Mail@example.com')
    expect(told).toEqual(emulator.mails())
    const [mail] = told
    expect(mail).toMatchObject({ recipient: 'mail@example.com', templateType: 'verification_code_valid' })
    expect(mail!.code).toMatch(/^\d{6}$/)
    expect(mail!.body).toContain(mail!.code)
    expect(mail!.templateData).toMatchObject({ to: 'mail@example.com', verification_code: mail!.code })
  })
})

describe('cookies', () => {
  it('leaves Secure out when told to', async () => {
    const emulator = start({ cookieSecure: false })
    const { headers } = await call(emulator, '/self-service/login/browser')
    expect(headers.getSetCookie()[0]).toMatch(/; HttpOnly; SameSite=Lax$/)
  })

  it('refuses a session cookie that it did not seal', async () => {
    const emulator = start()
    const { body } = await register(emulator, 'seal@example.com')
    const forged = Buffer.concat([Buffer.alloc(32), Buffer.from(body.session_token)]).toString('base64url')
    for (const value of [forged, body.session_token, '', 'x', '%']) {
      const answer = await call(emulator, '/sessions/whoami', undefined, {
        cookie: `ory_kratos_session=${value}`,
      })
      expect(answer.status).toBe(401)
    }
  })
})
