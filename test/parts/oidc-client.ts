import { createHash, randomBytes } from 'node:crypto'
import { decodeJwt } from 'jose'
import type { Hydra } from './hydra.ts'

/** An application that signs people in through Hydra, with the code flow and PKCE. */
export interface OidcClient {
  id: string
  /** A browser's way through login and consent, which are accepted at Hydra's admin API. @returns the token endpoint's answer */
  signIn(subject: string, scopes: string[], choice?: ConsentChoice): Promise<TokenAnswer>
  refresh(refreshToken: string): Promise<TokenAnswer>
}

/** What the person answers when asked for consent; default: everything, for this time. */
export interface ConsentChoice {
  grant?: string[]
  remember?: boolean
}

export interface TokenAnswer {
  status: number
  error?: string
  accessToken: string
  refreshToken: string
  /** Claims of the id token, its signature not checked. */
  idToken: Record<string, unknown>
}

const CALLBACK = 'http://127.0.0.1:9/callback'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** Makes a public client at Hydra that may ask for any of the scopes. */
export async function createOidcClient(hydra: Hydra, scopes: string[]): Promise<OidcClient> {
  const { client_id: id } = await admin(hydra, 'POST', '/admin/clients', {
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    scope: scopes.join(' '),
    token_endpoint_auth_method: 'none',
  })
  const token = (grant: Record<string, string>) => askForToken(hydra, { client_id: id!, ...grant })
  return {
    id: id!,
    refresh: (refreshToken) => token({ grant_type: 'refresh_token', refresh_token: refreshToken }),
    async signIn(subject, scopes, choice = {}) {
      const verifier = randomBytes(32).toString('base64url')
      const code = await authorize(hydra, { client: id!, subject, scopes, verifier, ...choice })
      const grant = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK }
      return token({ ...grant, code_verifier: verifier })
    },
  }
}

/** Makes a client that acts for itself, and asks for its token. */
export async function clientCredentialsToken(hydra: Hydra): Promise<TokenAnswer> {
  const client = { grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_post' }
  const { client_id, client_secret } = await admin(hydra, 'POST', '/admin/clients', client)
  const credentials = { client_id: client_id!, client_secret: client_secret! }
  return askForToken(hydra, { grant_type: 'client_credentials', ...credentials })
}

/** What Hydra tells a resource server of an access token. */
export async function introspect(hydra: Hydra, token: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${hydra.adminUrl}/admin/oauth2/introspect`, {
    method: 'POST',
    headers: FORM,
    body: new URLSearchParams({ token }),
  })
  return (await response.json()) as Record<string, unknown>
}

interface Authorization extends ConsentChoice {
  client: string
  subject: string
  scopes: string[]
  verifier: string
}

async function authorize(hydra: Hydra, authorization: Authorization): Promise<string> {
  const { client, subject, scopes, verifier, grant = scopes, remember = false } = authorization
  const browse = browser()
  const query = new URLSearchParams({
    client_id: client,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: scopes.join(' '),
    state: randomBytes(8).toString('hex'),
    nonce: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const login = await browse(`${hydra.publicUrl}/oauth2/auth?${query}`)
  const loggedIn = await accept(hydra, 'login', login, { subject })
  const consent = await browse(loggedIn)
  const consented = await accept(hydra, 'consent', consent, { grant_scope: grant, remember, session: {} })
  const done = await browse(consented)
  const code = done.searchParams.get('code')
  if (!code) throw new Error(`no code in ${done}`)
  return code
}

/** Follows one redirect at a time and keeps the cookies. */
function browser(): (url: string) => Promise<URL> {
  const cookies = new Map<string, string>()
  return async (url) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0]!.split(/=(.*)/s)
      cookies.set(name!, value!)
    }
    const location = response.headers.get('location')
    if (!location) throw new Error(`${response.status} without a redirect: ${await response.text()}`)
    return new URL(location)
  }
}

async function accept(hydra: Hydra, kind: 'login' | 'consent', page: URL, body: object): Promise<string> {
  const challenge = page.searchParams.get(`${kind}_challenge`)
  if (!challenge) throw new Error(`no ${kind} challenge in ${page}`)
  const query = new URLSearchParams({ [`${kind}_challenge`]: challenge })
  const path = `/admin/oauth2/auth/requests/${kind}/accept?${query}`
  return (await admin(hydra, 'PUT', path, body)).redirect_to!
}

async function admin(hydra: Hydra, method: string, path: string, body: object) {
  const response = await fetch(hydra.adminUrl + path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`Hydra answered ${response.status} to ${method} ${path}`)
  return (await response.json()) as Record<string, string | undefined>
}

async function askForToken(hydra: Hydra, grant: Record<string, string>): Promise<TokenAnswer> {
  const response = await fetch(`${hydra.publicUrl}/oauth2/token`, {
    method: 'POST',
    headers: FORM,
    body: new URLSearchParams(grant),
  })
  const answer = (await response.json()) as Record<string, string>
  return {
    status: response.status,
    ...(answer.error && { error: answer.error }),
    accessToken: answer.access_token ?? '',
    refreshToken: answer.refresh_token ?? '',
    idToken: answer.id_token ? decodeJwt(answer.id_token) : {},
  }
}
