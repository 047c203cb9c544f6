import { type KratosUser, PASSWORD } from './kratos-user.ts'

/** An identity as the admin API shows it, as far as tests read it. */
export interface Identity {
  id: string
  state: string
  traits: { email: string; name?: { first?: string; last?: string } }
  verifiable_addresses?: { value: string; verified: boolean }[]
  metadata_admin?: unknown
}

/** What an operator does at Kratos. @param adminUrl Kratos' admin API */
export function kratosAdmin(adminUrl: string) {
  const identities = `${adminUrl}/admin/identities`

  async function send(method: string, url: string, body?: unknown): Promise<unknown> {
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`Kratos answered ${response.status} to ${method} ${url}: ${text}`)
    return text && JSON.parse(text)
  }
  const patch = (id: string, path: string, value: unknown) =>
    send('PATCH', `${identities}/${id}`, [{ op: 'replace', path, value }])

  return {
    find: (email: string) =>
      send('GET', `${identities}?credentials_identifier=${encodeURIComponent(email)}`) as Promise<Identity[]>,
    get: (id: string) => send('GET', `${identities}/${id}`) as Promise<Identity>,
    changeEmail: (id: string, email: string) => patch(id, '/traits/email', email),
    verifyAddress: (id: string) => patch(id, '/verifiable_addresses/0/verified', true),
    remove: (id: string) => send('DELETE', `${identities}/${id}`),
    /** Gives an identity the password of all test users. */
    async setPassword(id: string): Promise<void> {
      const { traits, metadata_admin } = (await send('GET', `${identities}/${id}`)) as Identity
      const kept = { schema_id: 'default', state: 'active', traits, metadata_admin }
      const credentials = { password: { config: { password: PASSWORD } } }
      await send('PUT', `${identities}/${id}`, { ...kept, credentials })
    },
  }
}

/** Signs a person in through the API flow. @param url Kratos' public API */
export async function signInApi(
  url: string,
  email: string,
): Promise<Pick<KratosUser, 'sid' | 'sessionToken'>> {
  const flow = (await (await fetch(`${url}/self-service/login/api`)).json()) as { id: string }
  const response = await fetch(`${url}/self-service/login?flow=${flow.id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ method: 'password', identifier: email, password: PASSWORD }),
  })
  const { session, session_token: sessionToken } = (await response.json()) as {
    session: { id: string }
    session_token: string
  }
  return { sid: session.id, sessionToken }
}
