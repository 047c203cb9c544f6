import { afterEach, describe, expect, test } from 'vitest'
import { requirePart } from '../../parts/available.ts'
import { registerUser } from '../../parts/kratos-user.ts'
import { tempDir } from '../../parts/temp-dir.ts'
import { type DevProcess, interrupt, startDev } from './start-dev.ts'

let dev: DevProcess | undefined
afterEach(async () => {
  await dev?.stop()
  dev = undefined
})

describe.skipIf([requirePart('kratos'), requirePart('hydra')].includes(true))('npm run dev -- --ory', () => {
  test('stands in front of real Kratos and Hydra, and shows the mails that come through the product', async () => {
    dev = await startDev(tempDir('dev'), ['--port', '0', '--ory'])
    expect(dev.output()).toContain('Ory Hydra')
    const ready = await json(`${dev.url}/readyz`)
    expect(ready).toMatchObject({ state: 'up', parts: { kratos: { state: 'up' }, hydra: { state: 'up' } } })

    const discovery = await json(`${dev.url}/authlance/openid/.well-known/openid-configuration`)
    expect(discovery).toMatchObject({ issuer: `${dev.url}/authlance/openid` })

    const { email } = await registerUser(`${dev.url}/authlance/identity`)
    await expect
      .poll(() => json(`${dev!.url}/dev/mails`), { timeout: 15_000 })
      .toEqual([
        expect.objectContaining({
          recipient: email,
          templateType: 'verification_code_valid',
          code: expect.stringMatching(/^\d{6}$/),
        }),
      ])

    for (const path of ['/login', '/consent', '/logout']) {
      const page = await fetch(dev.url + path)
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('/dev/page/oidc.ts')])
    }
    expect((await interrupt(dev)).code).toBe(0)
  }, 60_000)

  test('keeps its people over a restart, until it is told to forget them', async () => {
    const dataPath = tempDir('dev')
    dev = await startDev(dataPath, ['--port', '0', '--ory'])
    const { email, password } = await registerUser(`${dev.url}/authlance/identity`)
    await interrupt(dev)

    dev = await startDev(dataPath, ['--port', '0', '--ory'])
    expect(await signInStatus(dev.url, email, password)).toBe(200)
    await interrupt(dev)

    dev = await startDev(dataPath, ['--port', '0', '--ory', '--fresh'])
    expect(await signInStatus(dev.url, email, password)).toBe(400)
  }, 90_000)
})

async function signInStatus(url: string, identifier: string, password: string): Promise<number> {
  const login = `${url}/authlance/identity/self-service/login`
  const { id } = await json(`${login}/api`)
  const response = await fetch(`${login}?flow=${id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ method: 'password', identifier, password }),
  })
  await response.body?.cancel()
  return response.status
}

// biome-ignore lint/suspicious/noExplicitAny: a test asserts what it expects
async function json(url: string): Promise<any> {
  return (await fetch(url)).json()
}
