import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmulatorTarget } from './emulator-target.ts'
import { playStory } from './play-story.ts'
import { register } from './story.ts'
import type { Target } from './target.ts'

const kinds = ['login', 'registration', 'recovery', 'verification', 'settings']
const names = [
  'password',
  'profile',
  'code',
  'link',
  'email',
  'traits',
  'name',
  'first',
  'identifier',
  'screen',
]
const values = [
  'previous',
  'credential-selection',
  'fuzz@example.com',
  'add',
  '/id',
  '/traits/name',
  'default',
]
const leaf = fc.oneof(
  fc.constantFrom(...names, ...values),
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
)
const key = fc.constantFrom(...names, ...values, '__proto__', 'constructor', 'op', 'path', 'traits.email', '')
const tree = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, tie('object'), fc.array(tie('value'), { maxLength: 3 })),
  object: fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
}))
const form = fc.record(
  {
    method: fc.oneof(fc.constantFrom('password', 'profile', 'code'), tree.value),
    traits: fc.oneof(fc.record({ email: leaf, name: tree.value }, { requiredKeys: [] }), tree.value),
    password: leaf,
    identifier: leaf,
    email: leaf,
    code: leaf,
    screen: leaf,
    csrf_token: leaf,
    transient_payload: tree.value,
  },
  { requiredKeys: ['method'] },
)

let target: Target
let token: string | undefined
let identityId = ''
beforeAll(async () => {
  target = startEmulatorTarget()
  await playStory(
    {
      name: 'prepare',
      async run({ person }) {
        const { body } = await register(person(), 'fuzz@example.com')
        identityId = body.identity.id
      },
    },
    target,
  )
  const begin = await json('GET', '/self-service/login/api')
  const credentials = {
    method: 'password',
    identifier: 'fuzz@example.com',
    password: 'correct horse battery staple',
  }
  token = (await json('POST', `/self-service/login?flow=${begin.id}`, credentials)).session_token
})
afterAll(() => target.close())

async function json(
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Record<string, string>> {
  const response = await send(method, path, body && JSON.stringify(body), {
    ...headers,
    'content-type': 'application/json',
  })
  return (await response.json()) as Record<string, string>
}

function send(method: string, path: string, body: string | undefined, headers: Record<string, string>) {
  const isAdmin = path.startsWith('/admin')
  const request = new Request(`${isAdmin ? target.adminUrl : target.publicUrl}${path}`, {
    method,
    headers: { accept: 'application/json', ...headers },
    ...(body === undefined ? {} : { body }),
  })
  return isAdmin ? target.adminFetch(request) : target.publicFetch(request)
}

describe('hostile requests', () => {
  it('never make a flow fail', { timeout: 60_000 }, async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...kinds),
      fc.array(form, { maxLength: 4 }),
      async (kind, bodies) => {
        const headers: Record<string, string> =
          kind === 'settings' ? { 'x-session-token': String(token) } : {}
        const flow = await json('GET', `/self-service/${kind}/api`, undefined, headers)
        for (const body of bodies) {
          const sent = { ...headers, 'content-type': 'application/json' }
          const response = await send(
            'POST',
            `/self-service/${kind}?flow=${flow.id}`,
            JSON.stringify(body),
            sent,
          )
          expect(response.status).toBeLessThan(500)
          expect(
            (await send('GET', `/self-service/${kind}/flows?id=${flow.id}`, undefined, headers)).status,
          ).toBe(200)
        }
      },
    )
    await fc.assert(property, { numRuns: 600 })
  })

  it('never make the admin API fail', { timeout: 60_000 }, async () => {
    const operation = fc.record({ op: leaf, path: leaf, value: tree.value }, { requiredKeys: [] })
    const body = fc.oneof(
      form,
      tree.value,
      fc.array(operation, { maxLength: 3 }),
      fc.record({ credentials: tree.value, traits: tree.value, state: leaf }, { requiredKeys: [] }),
    )
    const call = fc.tuple(
      fc.constantFrom('POST', 'PUT', 'PATCH'),
      fc.constantFrom('', '/sessions', '?page=-1'),
      body,
    )
    const property = fc.asyncProperty(call, async ([method, suffix, content]) => {
      const path = method === 'POST' ? '/admin/identities' : `/admin/identities/${identityId}`
      for (const place of [`${path}${suffix}`, '/admin/recovery/code']) {
        const response = await send(method, place, JSON.stringify(content), {
          'content-type': 'application/json',
        })
        expect(response.status).toBeLessThan(500)
      }
    })
    await fc.assert(property, { numRuns: 1500 })
  })

  it('never make a route fail', { timeout: 60_000 }, async () => {
    const paths = [
      ...kinds.flatMap((kind) => [`/self-service/${kind}/browser`, `/self-service/${kind}`]),
      '/sessions',
      '/admin/sessions',
      '/admin/courier/messages',
      '/self-service/logout/api',
    ]
    const request = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'),
      path: fc.oneof(
        fc.constantFrom(...paths),
        fc.webPath(),
        fc.constantFrom('/%E0%A4%A', '/schemas/%00', '/sessions/%'),
      ),
      query: fc.oneof(
        fc.constant(''),
        fc.webQueryParameters(),
        fc
          .tuple(fc.constantFrom('return_to', 'page_token', 'page_size', 'aal', 'id', 'flow'), fc.string())
          .map(([name, value]) => new URLSearchParams({ [name]: value }).toString()),
      ),
      body: fc.string(),
      headers: fc.record(
        {
          'content-type': fc.constantFrom(
            'application/json',
            'application/x-www-form-urlencoded',
            'multipart/form-data',
            'text/plain',
          ),
          cookie: fc.constantFrom('=', 'ory_kratos_session=x', 'ory_kratos_continuity=y; =', ';;;'),
          accept: fc.constantFrom('application/json', 'text/html', '*/*', 'a/b;q=x'),
          authorization: fc.constantFrom('Bearer', 'Bearer x', 'bearer  ', 'Basic x'),
        },
        { requiredKeys: ['content-type'] },
      ),
    })
    const property = fc.asyncProperty(request, async ({ method, path, query, body, headers }) => {
      const content = method === 'GET' || method === 'HEAD' ? undefined : body
      expect((await send(method, `${path}?${query}`, content, headers)).status).toBeLessThan(500)
    })
    await fc.assert(property, { numRuns: 2000 })
  })
})
