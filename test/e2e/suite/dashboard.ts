import { type Browser, createBrowser } from '../../parts/browser.ts'
import { PASSWORD } from '../../parts/kratos-user.ts'
import type { Transport } from './transport.ts'

/** A person with the dashboard open in a browser. */
export interface Dashboard {
  browser: Browser
  email: string
  identity: string
  sid: string
  token: string
  /** Sends what the dashboard sends: the cookies alone, no Authorization header. */
  call(path: string, init?: RequestInit & { json?: unknown }): Promise<Called>
}

export interface Called {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it expects
  body: any
}

export const I = '/authlance/identity/api/v1'

let counter = 0

/** Signs up through the proxied browser flow, and loads a page. */
export async function signUp(
  { url }: Transport,
  name: { first?: string; last?: string } = { first: 'Ada', last: 'Lovelace' },
): Promise<Dashboard> {
  const browser = createBrowser(url)
  const email = `suite-${process.pid}-${Date.now()}-${counter++}@example.com`
  const kratos = `${url}/authlance/identity`
  const flow = await read(await browser.fetch(`${kratos}/self-service/registration/browser`))
  const { action } = flow.body.ui
  if (action !== `${kratos}/self-service/registration?flow=${flow.body.id}`)
    throw new Error(`a form to ${action}`)

  const traits = { email, name }
  const json = { method: 'password', password: PASSWORD, csrf_token: csrfToken(flow.body), traits }
  const answer = await read(await browser.fetch(action, { json }))
  if (answer.status !== 200) throw new Error(`registration: ${answer.status} ${JSON.stringify(answer.body)}`)
  return { ...(await loadPage(url, browser)), email }
}

/** Signs in through the proxied browser flow in a browser of its own, and loads a page. */
export async function signIn({ url }: Transport, { email }: Pick<Dashboard, 'email'>): Promise<Dashboard> {
  const browser = createBrowser(url)
  const kratos = `${url}/authlance/identity`
  const flow = await read(await browser.fetch(`${kratos}/self-service/login/browser?refresh=true&aal=aal1`))
  const json = { method: 'password', identifier: email, password: PASSWORD, csrf_token: csrfToken(flow.body) }
  const answer = await read(await browser.fetch(flow.body.ui.action, { json }))
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${JSON.stringify(answer.body)}`)
  return { ...(await loadPage(url, browser)), email }
}

/** What the dashboard does on each page load: whoami, the logout URL, the exchange. */
async function loadPage(url: string, browser: Browser): Promise<Omit<Dashboard, 'email'>> {
  const call: Dashboard['call'] = async (path, init) => read(await browser.fetch(url + path, init))
  const whoami = await call('/authlance/identity/sessions/whoami')
  const logout = await call('/authlance/identity/self-service/logout/browser')
  if (whoami.status !== 200 || logout.status !== 200) throw new Error(`${whoami.status} and ${logout.status}`)
  const sid = whoami.body.id
  const me = await call('/authlance/identity/me', { json: { session: sid } })
  if (me.status !== 200) throw new Error(`exchange: ${me.status} ${JSON.stringify(me.body)}`)
  return { browser, identity: whoami.body.identity.id, sid, token: me.body.token, call }
}

/** Calls without a browser: no cookies, no origin. */
export async function callBare({ url }: Transport, path: string, init: RequestInit = {}): Promise<Called> {
  return read(await fetch(url + path, { redirect: 'manual', ...init }))
}

/** The claims of a token, as the dashboard reads them: `atob` on the raw text. */
// biome-ignore lint/suspicious/noExplicitAny: a test asserts what it expects
export function claimsOf(token: string): any {
  return JSON.parse(atob(token.split('.')[1]!))
}

async function read(response: Response): Promise<Called> {
  const text = await response.text()
  const isJson = text !== '' && response.headers.get('content-type')?.includes('json')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}

interface Flow {
  ui: { nodes: { attributes: { name: string; value?: string } }[] }
}

function csrfToken({ ui }: Flow): string | undefined {
  return ui.nodes.find(({ attributes }) => attributes.name === 'csrf_token')?.attributes.value
}
