import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Gate, startGate } from '../parts/proxy-gate.ts'
import { type StubUpstream, startStubUpstream } from '../parts/stub-upstream.ts'

let gate: Gate
let admin: StubUpstream
beforeAll(async () => {
  admin = await startStubUpstream()
  gate = await startGate({ config: { kratos: { adminUrl: admin.url } } })
})
afterEach(() => {
  gate.kratos.arrived.length = 0
  gate.kratos.respond((_request, response) => void response.end('kratos'))
})
afterAll(async () => {
  await gate.close()
  await admin.close()
})

/** Sends the target as it is written: no client library tidies it. */
async function send(target: string, method = 'GET') {
  const answer = await gate.raw(
    `${method} ${target} HTTP/1.1`,
    'Host: gate.example.com',
    'Connection: close',
    'X-Session-Token: ory_st_abc',
    'Content-Length: 0',
  )
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]), answer }
}

const P = '/authlance/identity/'

describe('a public path of Kratos', () => {
  it.each([
    ['sessions/whoami', '/sessions/whoami'],
    ['sessions/whoami?a=1&a=2&b=%2e%2e%2f', '/sessions/whoami?a=1&a=2&b=%2e%2e%2f'],
    ['self-service/login/browser', '/self-service/login/browser'],
    ['self-service/methods/oidc/callback/google', '/self-service/methods/oidc/callback/google'],
    ['.well-known/ory/webauthn.js', '/.well-known/ory/webauthn.js'],
    ['schemas/ZGVmYXVsdA', '/schemas/ZGVmYXVsdA'],
    ['health/ready', '/health/ready'],
    ['se%73sions/%77hoami', '/sessions/whoami'],
    ['me/of/kratos', '/me/of/kratos'],
  ])('%s arrives as %s', async (path, target) => {
    expect((await send(P + path)).status).toBe(200)
    expect(gate.kratos.arrived.map((request) => request.target)).toEqual([target])
  })
})

const OURS = [
  'admin',
  'admin/identities',
  'admin/identities/1/sessions',
  'ADMIN/identities',
  '%61dmin/identities',
  'Adm%49n/identities',
  'identities',
  'identities/a0000000-0000-4000-8000-000000000001',
  'Identities/1',
  'api/v1/unknown',
  'api/v1/',
  'API/v1/unknown',
  'api/v1/profile/unknown/route',
  'email',
  'email/send',
  'token_hook',
  'token%5Fhook',
  'metrics',
  'metrics/prometheus',
]

const TRICKS = [
  '..',
  '../',
  '../../admin/identities',
  '%2e%2e/admin/identities',
  '%2E%2E/%2E%2e/admin/identities',
  '.%2e/admin/identities',
  'sessions/../admin/identities',
  'sessions/%2e%2e/admin/identities',
  'sessions/..%2fadmin/identities',
  'sessions/%2e%2e%2fadmin%2fidentities',
  'sessions/%252e%252e%252fadmin',
  'sessions%2f..%2fadmin',
  'sessions%2Fwhoami',
  'sessions%5c..%5cadmin',
  '%5cadmin',
  '/admin/identities',
  '//admin/identities',
  'sessions//whoami',
  'sessions/whoami/',
  './admin/identities',
  '%2e/admin/identities',
  'sessions/...',
  'sessions/whoami.',
  'sessions/whoami%2e',
  'admin./identities',
  'admin%00/identities',
  'sessions/whoami%00',
  'admin;x=1/identities',
  'sessions;jsessionid=1/whoami',
  'sessions/whoami%3b',
  'sessions/whoami%3fx',
  'sessions/whoami%23x',
  'sessions/who%20ami',
  'sessions/who%0d%0aami',
  'sessions/%c0%ae%c0%ae/admin',
  'sessions/%c0%af',
  'sessions/%e0%80%af',
  'sessions/%',
  'sessions/%2',
  'sessions/%zz',
  'sessions/%u002e%u002e/admin',
  '%ef%bd%81dmin/identities',
  'sessions/%ff',
  'http://127.0.0.1:1/admin',
  'http:%2f%2f127.0.0.1%2fadmin',
  '@127.0.0.1/admin',
  ':80/admin',
  '127.0.0.1:4434/admin',
  '%25',
  'sessions/%25%32%65',
]

/** No valid request target holds these: the server itself may refuse them with 400. */
const BACKSLASHES = ['sessions\\..\\admin\\identities', '\\admin\\identities']

/** Where WHATWG URLs make a path short before any route sees it, the answer is still ours. */
describe('a path that is not public', () => {
  it.each(['', ...OURS, ...TRICKS])('%j is our own 404 over the wire', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const { status, answer } = await send(P + path, method)
      expect([method, status, gate.kratos.arrived, admin.arrived]).toEqual([method, 404, [], []])
      expect(answer).toContain('"code":"not_found"')
    }
  })

  it.each(BACKSLASHES)('%j never reaches Kratos', async (path) => {
    const { status } = await send(P + path)
    expect([400, 404]).toContain(status)
    expect((await gate.handle(path)).status).toBe(404)
    expect([gate.kratos.arrived, admin.arrived]).toEqual([[], []])
  })

  it.each(['', ...OURS, ...TRICKS])('%j is our own 404 from the handler alone', async (path) => {
    const answer = await gate.handle(path)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
    expect(await answer.json()).toMatchObject({ code: 'not_found' })
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(gate.kratos.arrived).toEqual([])
  })

  it('is out of reach of absolute-form targets', async () => {
    const targets = [
      `http://127.0.0.1:${admin.port}/admin/identities`,
      `http://127.0.0.1:${admin.port}${P}admin/identities`,
      `http://127.0.0.1:${admin.port}${P}../../admin/identities`,
      `http://gate.example.com${P}%2e%2e/admin/identities`,
      `http://user:pass@127.0.0.1:${admin.port}/`,
    ]
    for (const target of targets) {
      const { status } = await send(target)
      expect([target, [400, 404].includes(status)]).toEqual([target, true])
    }
    await send(`http://127.0.0.1:${admin.port}${P}schemas`)
    expect(gate.kratos.arrived.map((request) => request.target)).toEqual(['/schemas'])
    expect(admin.arrived).toEqual([])
  })
})

describe('a redirect to the admin address', () => {
  const locations = (admin: string) => [
    `${admin}/admin/recovery/code`,
    `${admin}/anything?x=1`,
    `${admin.replace('http:', 'https:')}/admin/x`,
    `${admin.replace('http:', '')}/admin/x`,
    'http://kratos-by-another-name:4434/admin/sessions/1/extend?x=1',
    '/admin/sessions/1/extend',
  ]
  it('is our own 404', async () => {
    for (const location of locations(admin.url)) {
      gate.kratos.respond((_request, response) => void response.writeHead(307, { location }).end('moved'))
      const answer = await gate.fetch('sessions/1/extend', { method: 'PATCH' })
      expect([location, answer.status, answer.headers.get('location')]).toEqual([location, 404, null])
      expect(await answer.json()).toMatchObject({ code: 'not_found' })
    }
    expect(admin.arrived).toEqual([])
  })

  it.each([
    'https://app.example.com/admin/groups',
    '/login?flow=1',
    'http://127.0.0.1:1/x',
    'http://[broken',
  ])('is not %s, which passes and is not followed', async (location) => {
    gate.kratos.respond((_request, response) => void response.writeHead(303, { location }).end())
    const answer = await gate.fetch('self-service/login/browser')
    expect([answer.status, answer.headers.get('location')]).toEqual([303, location])
    expect(gate.kratos.arrived).toHaveLength(1)
  })
})
