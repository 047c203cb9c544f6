import assert from 'node:assert/strict'
import { registerUser, signInBrowser } from '../parts/kratos-user.ts'

/** Signs a new person up and in, by an app and by a browser, and reads the profile with the token. @param url of nginx */
export async function signInThrough(url: string): Promise<string> {
  const identity = `${url}/authlance/identity`
  const user = await registerUser(identity)
  const byApp = await exchange(url, user.sid, { 'x-session-token': user.sessionToken })
  assert.equal(byApp.sub, user.identity)

  const browser = await signInBrowser(identity, user)
  const byBrowser = await exchange(url, browser.sid, { cookie: browser.cookie, origin: url })
  assert.equal(byBrowser.sub, user.identity)

  const groups = await fetch(`${identity}/api/v1/profile/my-groups/me`, {
    headers: { authorization: `Bearer ${byBrowser.token}` },
  })
  assert.equal(groups.status, 200, await groups.text())
  return user.email
}

async function exchange(url: string, session: string, headers: Record<string, string>) {
  const answer = await fetch(`${url}/authlance/identity/me`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ session }),
  })
  const text = await answer.text()
  assert.equal(answer.status, 200, text)
  const { token } = JSON.parse(text) as { token: string }
  const [, payload = ''] = token.split('.')
  return { token, ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string }) }
}
