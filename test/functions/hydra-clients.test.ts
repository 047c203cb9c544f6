import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type HydraGate, startHydraGate } from '../parts/hydra-gate.ts'
import { json, type StubUpstream, startStubUpstream } from '../parts/stub-upstream.ts'

let admin: StubUpstream
let gate: HydraGate
beforeAll(async () => {
  admin = await startStubUpstream()
  gate = await startHydraGate({ hydra: { adminUrl: admin.url } })
})
beforeEach(() => {
  admin.arrived.length = 0
  admin.respond((_request, response) => json(response, 200, {}))
})
afterAll(async () => {
  await gate.close()
  await admin.close()
})

const CALLS: [method: string, path: string, body?: unknown][] = [
  ['GET', 'admin/clients'],
  ['POST', 'admin/clients', {}],
  ['GET', 'admin/clients/a'],
  ['PUT', 'admin/clients/a', {}],
  ['PATCH', 'admin/clients/a', []],
  ['DELETE', 'admin/clients/a'],
]

describe.each(CALLS)('%s %s', (method, path, body) => {
  it('is for sysadmins alone, and from our own pages', async () => {
    const init = { method, ...(body !== undefined && { json: body }) }
    const outcomes = [
      await gate.browse(undefined, path, init),
      await gate.browse('ada', path, init),
      ...(method === 'GET'
        ? []
        : [await gate.browse('root', path, { ...init, headers: { origin: 'https://evil.example' } })]),
    ].map((answer) => [answer.status, answer.body.code])
    expect(outcomes).toEqual([
      [401, 'unauthenticated'],
      [403, 'forbidden'],
      ...(method === 'GET' ? [] : [[403, 'origin_not_allowed']]),
    ])
    expect(admin.arrived).toEqual([])
  })

  it('is 503 when Hydra fails, and never tells how', async () => {
    for (const status of [401, 403, 429, 500, 502, 302]) {
      admin.respond((_request, response) => json(response, status, { error: 'inner words' }))
      const answer = await gate.browse('root', path, { method, ...(body !== undefined && { json: body }) })
      expect([status, answer.status, answer.body.code]).toEqual([status, 503, 'upstream_unavailable'])
      expect(JSON.stringify(answer.body)).not.toContain('inner words')
    }
  })

  it("answers in Hydra's own words what the caller got wrong", async () => {
    for (const status of [400, 404, 409]) {
      const words = { error: 'invalid_client_metadata', error_description: 'Field is wrong.' }
      admin.respond((_request, response) => json(response, status, words))
      const answer = await gate.browse('root', path, { method, ...(body !== undefined && { json: body }) })
      expect([answer.status, answer.body]).toEqual([status, words])
    }
  })
})

describe('a client', () => {
  it('is made as it was sent, and its secret told this once', async () => {
    const client = {
      client_name: 'app',
      client_secret: 'a-secret-of-16-chars',
      scope: 'openid',
      unknown_field: [1],
    }
    admin.respond((_request, response) => json(response, 201, { ...client, client_id: 'a' }))
    const answer = await gate.browse('root', 'admin/clients', { method: 'POST', json: client })
    expect([answer.status, answer.body]).toEqual([201, { ...client, client_id: 'a' }])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(JSON.parse(admin.last().body)).toEqual(client)
    expect(admin.last().headers).toMatchObject({ 'content-type': 'application/json' })
    expect([admin.last().headers.cookie, admin.last().headers.authorization]).toEqual([undefined, undefined])
    expect(JSON.stringify(gate.log.lines)).not.toContain('a-secret-of-16-chars')
  })

  it('is made at most once, although the connection breaks off', async () => {
    admin.respond((_request, response) => void response.destroy())
    const answer = await gate.browse('root', 'admin/clients', { method: 'POST', json: {} })
    expect([answer.status, admin.arrived.length]).toEqual([503, 1])
  })

  it('is shown without what only its making may tell', async () => {
    const client = { client_id: 'a', client_secret: 's', registration_access_token: 't', scope: 'openid' }
    admin.respond((request, response) =>
      json(response, 200, /clients\?/.test(request.target) ? [client] : client),
    )
    const shown = { client_id: 'a', scope: 'openid' }
    expect((await gate.browse('root', 'admin/clients')).body).toEqual([shown])
    expect((await gate.browse('root', 'admin/clients/a')).body).toEqual(shown)
  })

  it.each([
    ['a%20b%3Fc', '/admin/clients/a%20b%3Fc'],
    ['%E2%82%AC', '/admin/clients/%E2%82%AC'],
    ['a%252Fb', '/admin/clients/a%252Fb'],
    ['...', '/admin/clients/...'],
  ])('of the id %s is asked for as %s', async (id, target) => {
    await gate.browse('root', `admin/clients/${id}`)
    expect(admin.arrived.map((request) => request.target)).toEqual([target])
  })

  it.each([
    'a%2Flifespans',
    '..%2Fkeys',
    '%2e%2e',
    '%2e',
    '%2F',
    'a%5C..%5Ckeys',
    'a%00',
    'a%0D%0AX:y',
    'a/b',
  ])('has no such id as %s, which never reaches Hydra', async (id) => {
    for (const method of ['GET', 'DELETE']) {
      const answer = await gate.browse('root', `admin/clients/${id}`, { method })
      expect([method, answer.status, answer.body.code]).toEqual([method, 404, 'not_found'])
    }
    expect(admin.arrived).toEqual([])
  })

  it('is deleted with 204', async () => {
    admin.respond((_request, response) => void response.writeHead(204).end())
    const answer = await gate.browse('root', 'admin/clients/a', { method: 'DELETE' })
    expect([answer.status, answer.body, admin.last().method]).toEqual([204, '', 'DELETE'])
  })

  it.each(['application/json', 'application/json-patch+json; charset=utf-8'])(
    'takes a JSON Patch as %s',
    async (type) => {
      const patch = [{ op: 'replace', path: '/client_name', value: 'b' }]
      const answer = await gate.browse('root', 'admin/clients/a', {
        method: 'PATCH',
        headers: { 'content-type': type },
        body: JSON.stringify(patch),
      })
      expect([answer.status, JSON.parse(admin.last().body)]).toEqual([200, patch])
    },
  )

  it.each([
    [{ op: 'replace', path: '/client_name', value: 'b' }],
    [[{ op: 'evil', path: '/client_name' }]],
    [[{ op: 'replace' }]],
    ['text'],
  ])('takes no %j', async (patch) => {
    const answer = await gate.browse('root', 'admin/clients/a', { method: 'PATCH', json: patch })
    expect([answer.status, answer.body.code, admin.arrived]).toEqual([400, 'invalid_request', []])
  })
})

describe("a page's query", () => {
  it.each([
    ['', '/admin/clients?page_size=100'],
    ['?page_size=10&page_token=abc', '/admin/clients?page_size=10&page_token=abc'],
    ['?page_size=100000', '/admin/clients?page_size=500'],
    [
      '?client_name=a+b%26c&owner=x&page=7&admin=1',
      '/admin/clients?page_size=100&client_name=a+b%26c&owner=x',
    ],
  ])('%j arrives as %s', async (query, target) => {
    admin.respond((_request, response) => json(response, 200, []))
    expect((await gate.browse('root', `admin/clients${query}`)).status).toBe(200)
    expect(admin.last().target).toBe(target)
  })

  it.each(['?page_size=0', '?page_size=x', '?page_size=-1', `?page_token=${'x'.repeat(600)}`])(
    '%s is 400',
    async (query) => {
      expect((await gate.browse('root', `admin/clients${query}`)).status).toBe(400)
    },
  )
})

describe('without an admin address', () => {
  it.each(CALLS)('%s %s is 404', async (method, path, body) => {
    const bare = await startHydraGate({ hydra: { url: admin.url } })
    const answer = await bare.browse('root', path, { method, ...(body !== undefined && { json: body }) })
    expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
    await bare.close()
  })
})
