import { describe, expect, test } from 'vitest'
import { requirePart } from './available.ts'
import { type Hydra, startHydra } from './hydra.ts'

describe.skipIf(requirePart('hydra'))('startHydra', () => {
  test('keeps clients, keys and addresses through a kill, under the issuer it was given', async () => {
    const issuerUrl = 'http://127.0.0.1:9/authlance/openid'
    const hydra = await startHydra({ issuerUrl })
    const id = await createClient(hydra)
    const keys = await keyIds(hydra)

    await hydra.kill()
    await hydra.restart()
    expect((await fetch(`${hydra.adminUrl}/admin/clients/${id}`)).status).toBe(200)
    expect(await keyIds(hydra)).toEqual(keys)
    const discovery = await fetch(`${hydra.publicUrl}/.well-known/openid-configuration`)
    expect(await discovery.json()).toMatchObject({
      issuer: issuerUrl,
      token_endpoint: `${issuerUrl}/oauth2/token`,
    })
    await hydra.stop()
    await expect(fetch(`${hydra.publicUrl}/health/alive`)).rejects.toThrow()
  })

  test('sends a browser to the login page that it was given', async () => {
    const loginUrl = 'http://127.0.0.1:9/login'
    const hydra = await startHydra({ loginUrl, tokenHook: { url: 'http://127.0.0.1:9/hook', bearer: 'b' } })
    const query = new URLSearchParams({
      client_id: await createClient(hydra),
      redirect_uri: CALLBACK,
      response_type: 'code',
      state: 'eight-or-more',
      scope: 'openid',
    })
    const answer = await fetch(`${hydra.publicUrl}/oauth2/auth?${query}`, { redirect: 'manual' })
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1:9\/login\?login_challenge=/)
    await hydra.stop()
  })
})

const CALLBACK = 'http://127.0.0.1:9/callback'

async function createClient(hydra: Hydra): Promise<string> {
  const created = await fetch(`${hydra.adminUrl}/admin/clients`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      scope: 'openid',
    }),
  })
  expect(created.status).toBe(201)
  return ((await created.json()) as { client_id: string }).client_id
}

/** Hydra lists its keys in any order. */
async function keyIds(hydra: Hydra): Promise<string[]> {
  const response = await fetch(`${hydra.publicUrl}/.well-known/jwks.json`)
  const { keys } = (await response.json()) as { keys: Array<{ kid: string }> }
  return keys.map(({ kid }) => kid).sort()
}
