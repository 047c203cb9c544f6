/** A person signed in at Kratos (or the emulator), with the session as the API and the browser prove it. */
export interface KratosUser {
  email: string
  password: string
  identity: string
  sid: string
  sessionToken: string
}

export interface BrowserSession {
  sid: string
  /** `Cookie` header value. */
  cookie: string
}

export const PASSWORD = 'a-Long-passphrase-9'

let counter = 0

/** Registers a new person through the API flow. @param url Kratos' public API */
export function registerUser(
  url: string,
  name: { first?: string; last?: string } = { first: 'Ada', last: 'Lovelace' },
  email = `user-${process.pid}-${Date.now()}-${counter++}@example.com`,
): Promise<KratosUser> {
  return despiteLocks(() => register(url, name, email))
}

/** Signs a person in through the browser flow and keeps the cookies. */
export function signInBrowser(
  url: string,
  user: Pick<KratosUser, 'email' | 'password'>,
): Promise<BrowserSession> {
  return despiteLocks(() => logIn(url, user))
}

const MAX_TRIES = 5
let last: Promise<unknown> = Promise.resolve()

/**
 * One after the other, and again when another process was in the way: on SQLite, flows that Kratos stores at once wait for each
 * other's locks for minutes, and then fail.
 */
function despiteLocks<T>(work: () => Promise<T>): Promise<T> {
  async function tryOften(): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await work()
      } catch (error) {
        if (tries === MAX_TRIES || !String(error).includes('database is locked')) throw error
      }
    }
  }
  const next = last.then(tryOften)
  last = next.catch(() => undefined)
  return next
}

async function register(
  url: string,
  name: { first?: string; last?: string },
  email: string,
): Promise<KratosUser> {
  const flow = await json(await fetch(`${url}/self-service/registration/api`))
  const answer = await json(
    await fetch(`${url}/self-service/registration?flow=${flow.id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ method: 'password', password: PASSWORD, traits: { email, name } }),
    }),
  )
  if (!answer.session_token)
    throw new Error(`registration failed: ${JSON.stringify(answer.ui?.messages ?? answer)}`)
  return {
    email,
    password: PASSWORD,
    identity: answer.identity.id,
    sid: answer.session.id,
    sessionToken: answer.session_token,
  }
}

async function logIn(url: string, user: Pick<KratosUser, 'email' | 'password'>): Promise<BrowserSession> {
  const jar = new Map<string, string>()
  const start = await fetch(`${url}/self-service/login/browser`, { headers: { accept: 'application/json' } })
  store(jar, start)
  const flow = await json(start)
  const token = flow.ui.nodes.find(
    (node: { attributes: { name: string } }) => node.attributes.name === 'csrf_token',
  ).attributes.value
  const submitted = await fetch(`${url}/self-service/login?flow=${flow.id}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      cookie: cookieOf(jar),
      origin: new URL(url).origin,
    },
    body: JSON.stringify({
      method: 'password',
      identifier: user.email,
      password: user.password,
      csrf_token: token,
    }),
  })
  store(jar, submitted)
  const answer = await json(submitted)
  if (!answer.session) throw new Error(`login failed: ${JSON.stringify(answer.ui?.messages ?? answer)}`)
  return { sid: answer.session.id, cookie: cookieOf(jar) }
}

function store(jar: Map<string, string>, response: Response): void {
  for (const line of response.headers.getSetCookie()) {
    const [pair] = line.split(';')
    const equals = pair!.indexOf('=')
    jar.set(pair!.slice(0, equals), pair!.slice(equals + 1))
  }
}

function cookieOf(jar: Map<string, string>): string {
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
}

// biome-ignore lint/suspicious/noExplicitAny: Kratos' answers are read loosely here
async function json(response: Response): Promise<any> {
  return response.json()
}
