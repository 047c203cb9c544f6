import { listen } from '../../runtime/node/listen.ts'
import { createServing } from '../../runtime/node/serving.ts'
import { routes } from '../../runtime/routes.generated.ts'
import { type Answer, setCookie } from './call.ts'
import { fakeSession } from './fake-session.ts'
import { freePort } from './free-port.ts'
import { createTestEnv, type TestEnv } from './test-env.ts'

/** The public API on a real port before a Hydra, or what stands for one, with people who are signed in. */
export interface HydraGate extends TestEnv {
  url: string
  /** Where the world reaches Hydra. */
  openid: string
  identities: Record<Person, string>
  /** The cookie of a person. */
  cookies: Record<Person, string>
  /** Calls a path below the prefix from a page of our own, signed in by the cookie alone. */
  browse(person: Person | undefined, path: string, init?: RequestInit & { json?: unknown }): Promise<Answer>
  close(): Promise<void>
}

/** `root` is a sysadmin. */
export type Person = 'root' | 'ada' | 'eve'

export interface HydraGateOptions {
  /** A port that was told to Hydra before; absent, a free one. */
  port?: number
  hydra: Record<string, unknown>
  config?: Record<string, unknown>
}

export async function startHydraGate({ port, hydra, config }: HydraGateOptions): Promise<HydraGate> {
  const people = { root: person('0'), ada: person('a'), eve: person('e') }
  const test = await createTestEnv({
    config: { ...config, hydra },
    kratos: {
      async whoami(credential) {
        const name = 'sessionToken' in credential ? credential.sessionToken : ''
        return { kind: 'session', session: fakeSession(people[name as Person]) }
      },
    },
  })
  const serving = createServing(test.env)
  const api = routes.map(({ route }) => route).filter(({ listener }) => listener !== 'internal')
  const listener = await listen(api, () => serving, { host: '127.0.0.1', port: port ?? (await freePort()) })
  const { url } = listener

  async function signIn(name: Person): Promise<string> {
    const answer = await fetch(`${url}/authlance/identity/me`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-session-token': name },
      body: JSON.stringify({ session: people[name].sid }),
    })
    return setCookie({ headers: answer.headers })!.split(';')[0]!
  }
  const cookies = { root: await signIn('root'), ada: await signIn('ada'), eve: await signIn('eve') }
  await makeSysadmin(test, people.root.identity)

  return {
    ...test,
    url,
    openid: `${url}/authlance/openid`,
    identities: {
      root: people.root.identity,
      ada: people.ada.identity,
      eve: people.eve.identity,
    },
    cookies,
    async browse(name, path, { json, ...init } = {}) {
      const headers = new Headers({ origin: url })
      if (name) headers.set('cookie', cookies[name])
      if (json !== undefined) headers.set('content-type', 'application/json')
      for (const [header, value] of new Headers(init.headers)) headers.set(header, value)
      const body = json === undefined ? {} : { body: JSON.stringify(json) }
      const target = `${url}/authlance/openid/${path}`
      const response = await fetch(target, { redirect: 'manual', ...init, ...body, headers })
      const text = await response.text()
      const isJson = text !== '' && response.headers.get('content-type')?.includes('json')
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
    },
    async close() {
      await listener.close()
      await test.close()
    },
  }
}

function person(digit: string) {
  return {
    identity: `${digit}0000000-0000-4000-8000-00000000000a`,
    sid: `${digit}1f5f7c8-0000-4000-8000-000000000001`,
    email: `${digit}@example.com`,
    verified: true,
  }
}

async function makeSysadmin({ env }: TestEnv, identity: string): Promise<void> {
  const users = env.db.selectFrom('users').select('id').where('identity', '=', identity)
  const { id } = await users.executeTakeFirstOrThrow()
  await env.db.insertInto('user_roles').values({ user_id: id, role: 'sysadmin' }).execute()
}
