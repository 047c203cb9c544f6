import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type HydraGate, startHydraGate } from '../parts/hydra-gate.ts'
import { json, type StubUpstream, startStubUpstream } from '../parts/stub-upstream.ts'

let admin: StubUpstream
let gate: HydraGate
beforeAll(async () => {
  admin = await startStubUpstream()
  gate = await startHydraGate({ hydra: { adminUrl: admin.url }, config: { requireGenderExtra: true } })
})
beforeEach(() => {
  admin.arrived.length = 0
  hydraKnows({})
})
afterAll(async () => {
  await gate.close()
  await admin.close()
})

const REDIRECT = { redirect_to: 'https://id.example/authlance/openid/oauth2/auth?consent_verifier=v' }
const CONSENT = 'admin/oauth2/auth/requests/consent'
const QUERY = '?consent_challenge=c%2F%2B1'

/** Hydra knows one consent request, of Ada's unless told otherwise, and settles it. */
function hydraKnows(consent: Record<string, unknown>): void {
  admin.respond((request, response) => {
    if (request.method === 'PUT') return json(response, 200, REDIRECT)
    json(response, 200, {
      challenge: 'c/+1',
      subject: gate.identities.ada,
      skip: false,
      requested_scope: ['openid', 'profile', 'email'],
      requested_access_token_audience: ['https://api.example', 'https://b.example'],
      ...consent,
    })
  })
}

const CALLS: [method: string, path: string, body?: unknown][] = [
  ['GET', CONSENT],
  ['PUT', `${CONSENT}/accept`, { grant_scope: ['openid'] }],
  ['PUT', `${CONSENT}/reject`, {}],
]

describe.each(CALLS)('%s %s', (method, path, body) => {
  const ask = (person?: 'ada' | 'eve' | 'root', init: RequestInit = {}) =>
    gate.browse(person, path + QUERY, { method, ...(body !== undefined && { json: body }), ...init })
  const puts = () => admin.arrived.filter((request) => request.method !== 'GET')

  it('is for the subject alone: a request of somebody else looks like one that does not exist', async () => {
    for (const person of ['eve', 'root'] as const) {
      const foreign = await ask(person)
      admin.respond((_request, response) => json(response, 404, { error: 'Not Found', debug: 'inner words' }))
      const unknown = await ask(person)
      hydraKnows({})
      const own = ({ requestId, ...rest }: Record<string, unknown>) => rest
      expect([foreign.status, own(foreign.body)]).toEqual([404, own(unknown.body)])
      expect([unknown.status, unknown.body.code]).toEqual([404, 'not_found'])
      expect(JSON.stringify(unknown.body)).not.toContain('inner words')
    }
    expect(puts()).toEqual([])
  })

  it.each([['none'], [''], [null]])('is for nobody when the subject is %j', async (subject) => {
    hydraKnows({ subject })
    expect([404, 503]).toContain((await ask('ada')).status)
    expect(puts()).toEqual([])
  })

  it('needs somebody who is signed in', async () => {
    expect(await ask()).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
    expect(admin.arrived).toEqual([])
  })

  it('needs a challenge, and only one', async () => {
    const several = `${QUERY}&consent_challenge=other`
    for (const query of ['', '?consent_challenge=', '?challenge=c', several]) {
      const answer = await gate.browse('ada', path + query, {
        method,
        ...(body !== undefined && { json: body }),
      })
      expect([query, answer.status]).toEqual([query, 400])
    }
    expect(admin.arrived).toEqual([])
  })

  it('asks Hydra for that very challenge', async () => {
    expect((await ask('ada')).status).toBe(200)
    for (const { target } of admin.arrived) {
      expect(new URL(target, 'http://h').search).toBe(QUERY)
    }
    expect(admin.arrived[0]!.target).toBe(`/${CONSENT}${QUERY}`)
  })

  it('says where to start anew when the request is settled', async () => {
    admin.respond((_request, response) => json(response, 410, { ...REDIRECT, more: 1 }))
    expect(await ask('ada')).toMatchObject({ status: 410, body: REDIRECT })
    expect((await ask('ada')).body).toEqual(REDIRECT)
  })

  it('is 503 when Hydra fails', async () => {
    admin.respond((_request, response) => json(response, 500, { error: 'inner words' }))
    expect(await ask('ada')).toMatchObject({ status: 503, body: { code: 'upstream_unavailable' } })
  })

  if (method === 'GET') return

  it('is refused to a page of another site', async () => {
    const answer = await ask('ada', { headers: { origin: 'https://evil.example' } })
    expect(answer).toMatchObject({ status: 403, body: { code: 'origin_not_allowed' } })
    expect(admin.arrived).toEqual([])
  })

  it("passes on Hydra's refusal of what is wrong with the request", async () => {
    const words = { error: 'invalid_request', error_description: 'expired' }
    const consent = { subject: gate.identities.ada, challenge: 'c' }
    admin.respond((request, response) =>
      request.method === 'PUT' ? json(response, 400, words) : json(response, 200, consent),
    )
    expect(await ask('ada')).toMatchObject({ status: 400, body: words })
  })

  it('works before the profile is complete: Kratos has signed the user in all the same', async () => {
    expect(await ask('ada')).toMatchObject({ status: 200, body: REDIRECT })
  })
})

describe('what the subject reads', () => {
  it('holds no secret and nothing that is between Kratos and Hydra', async () => {
    const client = { client_id: 'a', client_name: 'An app', logo_uri: 'https://a.example/l.png' }
    hydraKnows({
      client: {
        ...client,
        client_secret: 'SECRET',
        registration_access_token: 'SECRET',
        metadata: { a: 'SECRET' },
        jwks: {},
      },
      context: { a: 'SECRET' },
      login_challenge: 'SECRET',
      login_session_id: 'SECRET',
      oidc_context: { login_hint: 'ada@example.com', id_token_hint_claims: { sub: 'SECRET' } },
      acr: '0',
    })
    const { status, body } = await gate.browse('ada', CONSENT + QUERY)
    expect([status, body]).toEqual([
      200,
      {
        challenge: 'c/+1',
        subject: gate.identities.ada,
        skip: false,
        requested_scope: ['openid', 'profile', 'email'],
        requested_access_token_audience: ['https://api.example', 'https://b.example'],
        client,
        oidc_context: { login_hint: 'ada@example.com' },
        acr: '0',
      },
    ])
  })

  it('has lists where Hydra gives null', async () => {
    hydraKnows({ requested_scope: null, requested_access_token_audience: null })
    const { body } = await gate.browse('ada', CONSENT + QUERY)
    expect([body.requested_scope, body.requested_access_token_audience]).toEqual([[], []])
  })
})

describe('what Hydra is told', () => {
  async function accepted(choice: unknown) {
    const answer = await gate.browse('ada', `${CONSENT}/accept${QUERY}`, { method: 'PUT', json: choice })
    expect([answer.status, answer.body]).toEqual([200, REDIRECT])
    return JSON.parse(admin.last().body)
  }

  it('of a grant is no more than was requested, and an empty session', async () => {
    const told = await accepted({
      grant_scope: ['email', 'admin', 'openid', 'openid'],
      grant_access_token_audience: ['https://b.example', 'https://evil.example'],
      session: { access_token: { roles: ['sysadmin'] }, id_token: { email: 'root@example.com' } },
      remember: true,
      remember_for: 3600,
      context: { a: 1 },
      handled_at: '2020-01-01T00:00:00Z',
      evil: 1,
    })
    expect(told).toEqual({
      grant_scope: ['openid', 'email'],
      grant_access_token_audience: ['https://b.example'],
      session: {},
      remember: true,
      remember_for: 3600,
    })
  })

  it.each([
    [{ remember: true, remember_for: 0 }, 3600],
    [{ remember: true }, 3600],
    [{ remember: true, remember_for: null }, 3600],
    [{ remember: true, remember_for: 86_400 }, 3600],
    [{ remember: true, remember_for: 1800 }, 1800],
  ])('to remember %j is %i seconds', async (choice, seconds) => {
    expect(await accepted({ grant_scope: ['openid'], ...choice })).toMatchObject({
      remember: true,
      remember_for: seconds,
    })
  })

  it.each([
    { remember: true, remember_for: 1799 },
    { remember: true, remember_for: 1 },
    { remember: true, remember_for: -1 },
    { remember: false, remember_for: 1 },
  ])('of %j is not remembered, but can be told as long as a code lives', async (choice) => {
    expect(await accepted({ grant_scope: ['openid'], ...choice })).toMatchObject({
      remember: false,
      remember_for: 3600,
    })
  })

  it('of a request that Hydra need not have asked is all or nothing: the token hook cannot know of less', async () => {
    hydraKnows({ skip: true })
    const init = { method: 'PUT', json: { grant_scope: ['openid', 'email'] } }
    const less = await gate.browse('ada', `${CONSENT}/accept${QUERY}`, init)
    expect(less).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(admin.arrived.map(({ method }) => method)).toEqual(['GET'])

    const all = ['email', 'profile', 'openid']
    expect(await accepted({ grant_scope: all })).toMatchObject({
      grant_scope: ['openid', 'profile', 'email'],
    })
  })

  it.each([{}, { grant_scope: null, remember: null, session: null }])(
    'of %j is a grant of nothing',
    async (choice) => {
      expect(await accepted(choice)).toMatchObject({
        grant_scope: [],
        grant_access_token_audience: [],
        remember: false,
      })
    },
  )

  it.each([{ grant_scope: 'openid' }, { remember_for: 1.5 }, { remember: 'yes' }, []])(
    'is nothing for %j',
    async (choice) => {
      const answer = await gate.browse('ada', `${CONSENT}/accept${QUERY}`, { method: 'PUT', json: choice })
      expect([answer.status, answer.body.code, admin.arrived]).toEqual([400, 'invalid_request', []])
    },
  )

  it.each([[{ error: 'evil', error_description: 'x', status_code: 200, more: 1 }], [undefined]])(
    'of a denial of %j are our own words',
    async (reason) => {
      await gate.browse('ada', `${CONSENT}/reject${QUERY}`, {
        method: 'PUT',
        ...(reason && { json: reason }),
      })
      expect(JSON.parse(admin.last().body)).toEqual({
        error: 'access_denied',
        error_description: 'The resource owner denied the request.',
        status_code: 403,
      })
    },
  )
})

it('a banned user consents to nothing', async () => {
  await gate.env.db
    .updateTable('users')
    .set({ state: 'inactive' })
    .where('identity', '=', gate.identities.eve)
    .execute()
  hydraKnows({ subject: gate.identities.eve })
  const answer = await gate.browse('eve', `${CONSENT}/accept${QUERY}`, { method: 'PUT', json: {} })
  expect(answer).toMatchObject({ status: 403, body: { code: 'user_banned' } })
  expect(admin.arrived).toEqual([])
})
