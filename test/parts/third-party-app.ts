import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'

/** Everything that it asks for. */
export const SCOPE = 'openid offline_access profile email groups roles'

/**
 * A third party's application with its own server: authorization code with PKCE, for a browser that a test drives.
 * @param houseUrl where browsers reach the product
 */
export async function startThirdPartyApp(houseUrl: string) {
  const server = createServer((_, response) => response.end('the application')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const callback = `${url}callback`
  const openid = `${houseUrl}/authlance/openid`
  const seen: string[] = []
  let client = { client_id: '', client_secret: '' }
  let verifier = ''
  let idToken = ''

  async function token(form: Record<string, string>) {
    const credentials = Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')
    const response = await fetch(`${openid}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${credentials}` },
      body: new URLSearchParams(form),
    })
    const tokens = (await response.json()) as Record<'id_token' | 'access_token' | 'refresh_token', string>
    expect([response.status, tokens]).toEqual([
      200,
      expect.objectContaining({ access_token: expect.any(String) }),
    ])
    seen.push(tokens.access_token, tokens.refresh_token, tokens.id_token)
    return tokens
  }

  return {
    url,
    callback,
    clientId: () => client.client_id,
    register(registered: typeof client) {
      client = registered
      seen.push(client.client_secret)
    },
    authorizeUrl() {
      verifier = randomBytes(32).toString('base64url')
      const query = new URLSearchParams({
        client_id: client.client_id,
        response_type: 'code',
        scope: SCOPE,
        redirect_uri: callback,
        state: randomBytes(16).toString('hex'),
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      })
      return `${openid}/oauth2/auth?${query}`
    },
    async exchangeCode(location: string) {
      const code = new URL(location).searchParams.get('code')!
      seen.push(code)
      const tokens = await token({
        grant_type: 'authorization_code',
        code,
        redirect_uri: callback,
        code_verifier: verifier,
      })
      idToken = tokens.id_token
      return tokens
    },
    refresh: (refreshToken: string) => token({ grant_type: 'refresh_token', refresh_token: refreshToken }),
    logoutUrl: () =>
      `${openid}/oauth2/sessions/logout?${new URLSearchParams({ id_token_hint: idToken, post_logout_redirect_uri: url })}`,
    secrets: () => seen,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
